CREATE PROCEDURE penstock_bench.change(transactions int, size int) LANGUAGE plpgsql AS $$
BEGIN
  FOR t IN 0..transactions - 1 LOOP
    DELETE FROM penstock_bench.orders WHERE id > t::bigint * size AND id <= (t + 1)::bigint * size;
    COMMIT;
  END LOOP;
END $$;
