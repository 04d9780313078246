INSERT INTO plain VALUES (1, repeat('long ', 500), 1);
UPDATE plain SET n = 2;
UPDATE plain SET id = 2;
INSERT INTO whole VALUES ('q"\', 1.5, repeat('long ', 500));
UPDATE whole SET b = -3.25;
DELETE FROM whole;
