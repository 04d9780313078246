CREATE TABLE sighting (id int PRIMARY KEY, day date, moment timestamp, fine timestamp(3), zoned timestamptz NOT NULL DEFAULT '2001-01-01 00:00:00+00', clock time, clock0 time(0), off timetz, days date[], moments timestamp[]);
CREATE PUBLICATION own FOR ALL TABLES;
