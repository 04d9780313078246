CREATE TABLE call (id int PRIMARY KEY, at timestamptz, local timestamp, note text);
ALTER TABLE call REPLICA IDENTITY FULL;
CREATE PUBLICATION own FOR ALL TABLES;
