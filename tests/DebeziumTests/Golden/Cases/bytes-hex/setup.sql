CREATE TABLE parcel (id int PRIMARY KEY, seal bytea, seals bytea[], flags bit(10), more varbit, note text);
ALTER TABLE parcel ALTER COLUMN seal SET STORAGE EXTERNAL;
ALTER TABLE parcel ALTER COLUMN note SET STORAGE EXTERNAL;
CREATE PUBLICATION own FOR ALL TABLES;
