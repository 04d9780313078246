CREATE TYPE phase AS ENUM ('new', 'full moon');
CREATE TABLE basket (id int PRIMARY KEY, b boolean[], i smallint[], l bigint[], f real[], d double precision[], t text[], v varchar(4)[], c char(3)[], u uuid[], j jsonb[], h inet[], p phase[], r int4range[], tz timestamptz[], grid int[]);
CREATE PUBLICATION own FOR ALL TABLES;
