-- Sixty inserts, thirty updates and ten deletes of a hundred, over random rows, in transactions of size rows.
CREATE PROCEDURE penstock_bench.change(transactions int, size int) LANGUAGE plpgsql AS $do$
DECLARE
  last bigint;
BEGIN
  FOR t IN 1..transactions LOOP
    INSERT INTO penstock_bench.orders (customer_id, status, amount, quantity, placed_at, note)
      SELECT i, 'new', 12.34, 3, clock_timestamp(), md5(i::text) FROM generate_series(1, size * 6 / 10) i;
    SELECT max(id) INTO last FROM penstock_bench.orders;
    UPDATE penstock_bench.orders SET status = 'paid', amount = amount + 1
      WHERE id IN (SELECT 1 + floor(random() * last)::bigint FROM generate_series(1, size * 3 / 10));
    DELETE FROM penstock_bench.orders WHERE id IN (SELECT 1 + floor(random() * last)::bigint FROM generate_series(1, size / 10));
    COMMIT;
  END LOOP;
END $do$;
