CREATE TABLE penstock_bench.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int);
CREATE PROCEDURE penstock_bench.load(transactions int, size int) LANGUAGE plpgsql AS $$
BEGIN
  FOR t IN 1..transactions LOOP
    INSERT INTO penstock_bench.orders (v) SELECT i FROM generate_series(1, size) i;
    COMMIT;
  END LOOP;
END $$;
