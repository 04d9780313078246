INSERT INTO measure VALUES (1, 1950, 'a'), (2, 2020, 'b');
UPDATE measure SET v = 'c' WHERE id = 1;
UPDATE measure SET year = 2001 WHERE id = 1;
DELETE FROM measure WHERE id = 2;
-- @idle
CREATE TABLE measure_far PARTITION OF measure FOR VALUES FROM (2100) TO (2200);
INSERT INTO measure VALUES (3, 2150, 'd');
