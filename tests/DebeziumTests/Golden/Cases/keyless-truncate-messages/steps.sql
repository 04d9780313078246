BEGIN;
INSERT INTO journal VALUES ('one', 1), ('two', 2);
INSERT INTO other VALUES (1);
COMMIT;
DELETE FROM journal WHERE at = 1;
SELECT pg_logical_emit_message(true, 'audit', 'inside');
SELECT pg_logical_emit_message(false, 'audit', 'at once');
TRUNCATE journal, other;
INSERT INTO other VALUES (2);
