INSERT INTO customers (name, balance) VALUES ('Café 😀', -0.01);
UPDATE customers SET balance = 99999999.99, name = '' WHERE id = 1;
DELETE FROM customers WHERE id = 2;
INSERT INTO empty_one VALUES (-7);
