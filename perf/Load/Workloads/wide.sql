CREATE TABLE penstock_bench.orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  b1 bigint, b2 bigint, b3 bigint, b4 bigint, b5 bigint, i1 int, i2 int, i3 int, i4 int,
  n1 numeric(14,4), n2 numeric(14,4), n3 numeric(14,4), t1 timestamptz, t2 timestamptz, t3 timestamptz, t4 timestamptz, d1 date, d2 date, f1 bool, f2 bool, u1 uuid, u2 uuid,
  s1 text, s2 text, s3 text, s4 text, s5 text, doc jsonb, tags text[]
);
CREATE PROCEDURE penstock_bench.load(transactions int, size int) LANGUAGE plpgsql AS $$
BEGIN
  FOR t IN 1..transactions LOOP
    INSERT INTO penstock_bench.orders (b1, b2, b3, b4, b5, i1, i2, i3, i4, n1, n2, n3, t1, t2, t3, t4, d1, d2, f1, f2, u1, u2, s1, s2, s3, s4, s5, doc, tags)
    SELECT i * 1000003, i * 7919, -i, i * 65537::bigint * 32749, i, i, i % 100, -i, i * 17,
           round((random() * 1000000)::numeric, 4), round((random() * 1000)::numeric, 4), round((random() * -1000)::numeric, 4),
           clock_timestamp(), now(), now() - interval '1 day' * (i % 1000), now() + interval '1 second' * i, date '2020-01-01' + i % 2000, date '1970-01-01' + i % 20000,
           i % 2 = 0, i % 3 = 0, gen_random_uuid(), gen_random_uuid(),
           left(md5(i::text), 10), md5(random()::text), md5(i::text) || left(md5(random()::text), 28), left(md5(random()::text), 20), left(md5(random()::text), 30),
           jsonb_build_object('id', i, 'name', md5(i::text), 'ok', i % 2 = 0, 'price', i * 0.25, 'tags', jsonb_build_array('a', 'b', i)),
           ARRAY['red', 'green', left(md5(i::text), 8), 'blue']
    FROM generate_series(1, size) i;
    COMMIT;
  END LOOP;
END $$;
