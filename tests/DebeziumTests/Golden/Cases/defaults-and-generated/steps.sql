INSERT INTO offer (n) VALUES (1);
INSERT INTO offer VALUES (20, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
DELETE FROM offer WHERE id = 20;
INSERT INTO bill (id, net, note) VALUES (1, 10, 'paid');
UPDATE bill SET net = 20;
