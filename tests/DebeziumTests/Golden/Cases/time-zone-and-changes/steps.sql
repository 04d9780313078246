INSERT INTO call VALUES (1, '2024-07-01 12:00:00+00', '2024-07-01 12:00:00', 'x');
UPDATE call SET at = '2024-01-01 12:00:00+00';
UPDATE call SET note = 'y', local = NULL;
DELETE FROM call;
