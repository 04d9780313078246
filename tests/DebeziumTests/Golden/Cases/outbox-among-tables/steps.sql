INSERT INTO orders VALUES (1, 'new', 12.50, NULL, '2020-02-29 12:00:00.001');
UPDATE orders SET state = 'paid' WHERE id = 1;
UPDATE orders SET id = 2 WHERE id = 1;
INSERT INTO outbox VALUES ('11111111-1111-1111-1111-111111111111', 'Order', '2', '{"id": 2, "lines": [1, 2]}', '2020-01-01 00:00:00.123');
DELETE FROM outbox;
DELETE FROM orders;
SELECT pg_logical_emit_message(true, 'note', '{"id": "5", "aggregatetype": "Note", "aggregateid": "7", "payload": "hello"}');
TRUNCATE orders;
INSERT INTO orders (id, state) VALUES (3, 'last');
