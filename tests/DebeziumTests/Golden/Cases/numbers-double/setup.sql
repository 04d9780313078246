CREATE TABLE reading (id int PRIMARY KEY, exact numeric(12,4), free numeric, whole numeric(6), price money, r real, d double precision, small smallint, large bigint NOT NULL DEFAULT 0, list numeric(5,2)[]);
CREATE PUBLICATION own FOR ALL TABLES;
