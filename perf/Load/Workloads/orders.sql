CREATE TABLE penstock_bench.orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id bigint NOT NULL,
  status text NOT NULL,
  amount numeric(12,2) NOT NULL,
  quantity int NOT NULL,
  placed_at timestamptz NOT NULL,
  note text
);
-- Called with the number of transactions and the rows of each.
CREATE PROCEDURE penstock_bench.load(transactions int, size int) LANGUAGE plpgsql AS $$
BEGIN
  FOR t IN 1..transactions LOOP
    INSERT INTO penstock_bench.orders (customer_id, status, amount, quantity, placed_at, note)
    SELECT (random() * 100000)::bigint, (ARRAY['new', 'paid', 'shipped', 'returned'])[1 + (random() * 3)::int],
           round((random() * 10000)::numeric, 2), 1 + (random() * 20)::int, clock_timestamp(), left(md5(random()::text) || md5(i::text), 20 + (random() * 20)::int)
    FROM generate_series(1, size) i;
    COMMIT;
  END LOOP;
END $$;
