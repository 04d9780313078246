CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text NOT NULL, type text NOT NULL, payload jsonb, tenant text);
CREATE PUBLICATION own FOR ALL TABLES;
