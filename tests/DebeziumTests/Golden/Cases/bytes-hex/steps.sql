INSERT INTO parcel VALUES (1, '\x00fbff10', ARRAY['\x01'::bytea, NULL, '\x'], '1000000001', '101', 'short');
INSERT INTO parcel VALUES (2, decode(repeat('fe', 3000), 'hex'), '{}', NULL, '', repeat('stay ', 800));
UPDATE parcel SET flags = '0000000001' WHERE id = 2;
SELECT pg_logical_emit_message(true, 'label', '\xfbef'::bytea);
