INSERT INTO t VALUES (1, true, -32768, 1.1, 1e300, 123.4500, '2024-02-29', '12:34:56.789', '2024-02-29 12:34:56.123456', '2024-02-29 12:34:56.123456+02', '1 year 2 mons 3 days 04:05:06.7', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": [1, null, "x"]}', '\x00ff10', '101010101', 'ok, fine', 7, '[1,5)', '{1,NULL,3}', '{"a,b",NULL,""}', '10.0.0.1/8', '12.34', '(1.5,-2)');
INSERT INTO t (id) VALUES (2);
INSERT INTO t (id, f8, d, ts, tz, n) VALUES (9223372036854775807, 'NaN', '0044-03-15 BC', 'infinity', '-infinity', 1e100);
