CREATE TABLE by_default (id int PRIMARY KEY, kind text NOT NULL DEFAULT 'plain', n numeric(5,1), t timestamptz NOT NULL);
CREATE TABLE by_full (id int PRIMARY KEY, kind text NOT NULL DEFAULT 'plain', n numeric(5,1), t timestamptz NOT NULL);
CREATE TABLE by_nothing (id int PRIMARY KEY, kind text);
ALTER TABLE by_full REPLICA IDENTITY FULL;
ALTER TABLE by_nothing REPLICA IDENTITY NOTHING;
CREATE PUBLICATION own FOR TABLE by_default, by_full;
CREATE PUBLICATION inserts FOR TABLE by_nothing WITH (publish = 'insert');
