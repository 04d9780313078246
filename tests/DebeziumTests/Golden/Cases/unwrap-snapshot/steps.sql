INSERT INTO pet VALUES (1, 'Rex', 3), (2, 'Tom', NULL);
UPDATE pet SET age = 4 WHERE id = 1;
UPDATE pet SET id = 5 WHERE id = 2;
DELETE FROM pet WHERE id = 1;
