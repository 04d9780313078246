INSERT INTO people VALUES (1, 'Grace Hopper', 'g@navy.mil', '123', 'x');
INSERT INTO hidden VALUES (1);
UPDATE people SET name = 'Grace B. M. Hopper', ssn = NULL;
DELETE FROM people;
