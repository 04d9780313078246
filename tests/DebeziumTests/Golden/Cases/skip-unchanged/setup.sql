CREATE TABLE device (id int PRIMARY KEY, seen timestamp, state text, secret text);
ALTER TABLE device REPLICA IDENTITY FULL;
CREATE PUBLICATION own FOR ALL TABLES;
