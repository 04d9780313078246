CREATE TABLE account (id int PRIMARY KEY, amount int CHECK (amount >= 0));
CREATE TABLE audit (id serial PRIMARY KEY, what text);
CREATE PUBLICATION own FOR ALL TABLES;
