INSERT INTO trip VALUES (1, 'Rome'), (2, 'Oslo'), (3, 'Kyiv'), (4, 'Rome');
UPDATE trip SET city = 'Bern' WHERE id = 2;
DELETE FROM trip WHERE id = 1;
