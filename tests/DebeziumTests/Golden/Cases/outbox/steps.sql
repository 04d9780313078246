INSERT INTO outbox VALUES ('00000000-0000-4000-8000-000000000001', 'order', '17', 'placed', '{"total": 3, "lines": [1, 2]}', 'a');
INSERT INTO outbox VALUES ('00000000-0000-4000-8000-000000000002', 'customer', '9', 'gone', NULL, NULL);
DELETE FROM outbox;
