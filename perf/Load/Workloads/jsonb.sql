CREATE TABLE penstock_bench.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, doc jsonb);
-- Random text, which does not compress below the size of a page: 10 KB on the way.
CREATE PROCEDURE penstock_bench.load(transactions int, size int) LANGUAGE plpgsql AS $$
BEGIN
  FOR t IN 1..transactions LOOP
    INSERT INTO penstock_bench.orders (doc)
    SELECT jsonb_build_object('id', i, 'lines', (SELECT jsonb_agg(jsonb_build_object('sku', md5(random()::text || g), 'note', md5(random()::text), 'n', g)) FROM generate_series(1, 110) g))
    FROM generate_series(1, size) i;
    COMMIT;
  END LOOP;
END $$;
