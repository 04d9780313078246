CREATE TYPE weather AS ENUM ('dry', 'wet', 'it''s, "odd"');
CREATE DOMAIN percent AS numeric(5,2) CHECK (value BETWEEN 0 AND 100);
CREATE DOMAIN label AS varchar(12) NOT NULL DEFAULT 'none';
CREATE DOMAIN short_label AS label;
CREATE TYPE pair AS (a int, b text);
CREATE TABLE station (id int PRIMARY KEY, w weather NOT NULL DEFAULT 'dry', p percent, l label, s short_label, pr pair, ir int8range, nr numrange, dr daterange, tr tsrange, ip inet, net cidr, mac macaddr, words tsvector, spot point, o oid);
CREATE PUBLICATION own FOR ALL TABLES;
