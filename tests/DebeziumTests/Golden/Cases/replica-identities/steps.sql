INSERT INTO by_default VALUES (1, 'a', 1.5, '2021-03-04 05:06:07+00');
INSERT INTO by_full VALUES (1, 'a', 1.5, '2021-03-04 05:06:07+00');
UPDATE by_default SET n = NULL;
UPDATE by_full SET n = NULL;
DELETE FROM by_default;
DELETE FROM by_full;
-- @idle
ALTER TABLE by_default REPLICA IDENTITY FULL;
INSERT INTO by_default VALUES (2, DEFAULT, 2, '2021-03-04 05:06:07+00');
DELETE FROM by_default;
