ALTER TABLE penstock_bench.orders ADD COLUMN body text;
ALTER TABLE penstock_bench.orders ALTER COLUMN body SET STORAGE EXTERNAL;
UPDATE penstock_bench.orders SET body = repeat(md5(id::text), 640);
CREATE PROCEDURE penstock_bench.change(transactions int, size int) LANGUAGE plpgsql AS $$
BEGIN
  FOR t IN 0..transactions - 1 LOOP
    UPDATE penstock_bench.orders SET status = 'paid again' WHERE id > t::bigint * size AND id <= (t + 1)::bigint * size;
    COMMIT;
  END LOOP;
END $$;
