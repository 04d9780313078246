INSERT INTO stock VALUES (1, 1), (2, 2);
UPDATE stock SET n = 3 WHERE id = 1;
UPDATE stock SET id = 4 WHERE id = 2;
DELETE FROM stock WHERE id = 1;
TRUNCATE stock;
