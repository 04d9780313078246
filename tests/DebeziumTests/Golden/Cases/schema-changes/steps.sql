INSERT INTO house VALUES (1, 'mill', 90);
-- @idle
ALTER TABLE house ADD COLUMN built date DEFAULT '1900-01-01', ADD COLUMN rooms smallint NOT NULL DEFAULT 3;
INSERT INTO house VALUES (2, 'tower', 40, '1400-05-06', 1);
UPDATE house SET rooms = 4 WHERE id = 1;
-- @idle
ALTER TABLE house DROP COLUMN built;
INSERT INTO house VALUES (3, 'barn', 200, 0);
-- @idle
ALTER TABLE house RENAME COLUMN area TO square_metres;
ALTER TABLE house ALTER COLUMN square_metres TYPE numeric(8,2);
INSERT INTO house VALUES (4, 'hut', 12.25, 1);
-- @idle
ALTER TABLE house DROP CONSTRAINT house_pkey;
ALTER TABLE house ADD PRIMARY KEY (id, rooms);
INSERT INTO house VALUES (5, 'loft', 30, 2);
-- @idle
CREATE TABLE garden (id int PRIMARY KEY, trees int);
INSERT INTO garden VALUES (1, 8);
BEGIN;
INSERT INTO garden VALUES (2, 9);
ALTER TABLE garden ADD COLUMN pond boolean;
INSERT INTO garden VALUES (3, 0, true);
COMMIT;
-- @idle
ALTER TABLE garden RENAME TO park;
INSERT INTO park VALUES (4, 1, false);
