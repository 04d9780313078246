CREATE SCHEMA zoo;
CREATE TABLE ape (id int PRIMARY KEY);
CREATE TABLE bee (id int PRIMARY KEY, v text);
CREATE TABLE zoo.cat (k text PRIMARY KEY, born date, w numeric(4,1) GENERATED ALWAYS AS (1.5) STORED);
CREATE TABLE zoo.dog (id int PRIMARY KEY);
INSERT INTO bee VALUES (1, 'one'), (2, NULL), (3, 'three');
INSERT INTO zoo.cat VALUES ('tom', '2020-01-01');
