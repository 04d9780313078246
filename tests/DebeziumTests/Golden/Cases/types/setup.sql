CREATE TYPE mood AS ENUM ('sad', 'ok, fine');
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE TABLE t (id bigint PRIMARY KEY, b boolean, i2 smallint, f4 real, f8 double precision, n numeric, d date, ti time(3), ts timestamp, tz timestamptz, iv interval, u uuid, j jsonb, by bytea,
  bi bit(9), m mood, p positive, r int4range, a int[], ta text[], ip inet, c money, pt point);
CREATE PUBLICATION own FOR ALL TABLES;
