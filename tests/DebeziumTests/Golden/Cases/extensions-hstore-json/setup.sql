CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE EXTENSION ltree;
CREATE TABLE article (id int PRIMARY KEY, tags hstore, title citext NOT NULL, path ltree, wait interval, body xml, raw json);
CREATE PUBLICATION own FOR ALL TABLES;
