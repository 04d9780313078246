ALTER TABLE penstock_bench.orders REPLICA IDENTITY FULL;
CREATE PROCEDURE penstock_bench.change(transactions int, size int) LANGUAGE plpgsql AS $$
BEGIN
  FOR t IN 0..transactions - 1 LOOP
    UPDATE penstock_bench.orders SET status = 'paid again' WHERE id > t::bigint * size AND id <= (t + 1)::bigint * size;
    COMMIT;
  END LOOP;
END $$;
