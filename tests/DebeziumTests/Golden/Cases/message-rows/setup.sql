CREATE TABLE orders (id int PRIMARY KEY, state text NOT NULL, total numeric(8,2), note text DEFAULT 'none', made timestamp(3));
ALTER TABLE orders REPLICA IDENTITY FULL;
CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text NOT NULL, payload jsonb, at timestamp(3));
CREATE PUBLICATION own FOR ALL TABLES;
