CREATE TABLE customers (id serial PRIMARY KEY, name varchar(80) NOT NULL, balance numeric(10,2), joined timestamptz NOT NULL DEFAULT '2020-01-01', code char(6));
CREATE TABLE empty_one (id int PRIMARY KEY);
INSERT INTO customers (name, balance, code) VALUES ('Ada', 12.50, 'x'), ('Bob "the	builder"', NULL, NULL);
CREATE PUBLICATION own FOR ALL TABLES;
