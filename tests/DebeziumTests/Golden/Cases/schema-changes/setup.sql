CREATE TABLE house (id int PRIMARY KEY, name text, area int);
CREATE PUBLICATION own FOR ALL TABLES;
