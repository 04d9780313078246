INSERT INTO log VALUES (2, 'running');
BEGIN;
INSERT INTO log VALUES (3, 'a'), (4, 'b');
COMMIT;
-- @commit-offsets
-- @stop
UPDATE log SET line = 'stopped' WHERE id = 2;
-- @start
INSERT INTO log VALUES (5, 'again');
