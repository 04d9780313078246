CREATE TABLE people (id int PRIMARY KEY, name text, email varchar(100), ssn text, secret text);
CREATE TABLE hidden (id int PRIMARY KEY);
ALTER TABLE people REPLICA IDENTITY FULL;
CREATE PUBLICATION own FOR ALL TABLES;
