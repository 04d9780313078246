INSERT INTO device VALUES (1, '2024-01-01', 'on', 'a');
UPDATE device SET secret = 'b';
UPDATE device SET state = 'off';
UPDATE device SET state = 'off';
