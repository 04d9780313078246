-- @session left
BEGIN;
INSERT INTO account VALUES (1, 100);
-- @session right
BEGIN;
INSERT INTO account VALUES (2, 200);
INSERT INTO audit (what) VALUES ('right; first');
COMMIT;
-- @session left
SAVEPOINT s;
UPDATE account SET amount = 0 WHERE id = 1;
ROLLBACK TO s;
INSERT INTO audit (what) VALUES ('left');
COMMIT;
-- @idle
-- @session main
BEGIN;
DELETE FROM account;
ROLLBACK;
-- refused by the table's check
UPDATE account SET amount = -1 WHERE id = 2;
DELETE FROM account WHERE id = 2;
