namespace Penstock.EndToEnd.Sink;

/// <summary>Values of all types through both executables, compared by Postgres itself: as a snapshot reads them, and as the stream brings them.</summary>
public sealed class RoundTripTests(SceneFixture servers) : IClassFixture<SceneFixture>
{
    internal const string Tables = """
        CREATE EXTENSION IF NOT EXISTS hstore; CREATE EXTENSION IF NOT EXISTS ltree; CREATE EXTENSION IF NOT EXISTS citext;
        CREATE TYPE mood AS ENUM ('sad', 'so "so"', 'happy'); CREATE DOMAIN small_text AS varchar(20); CREATE DOMAIN price AS numeric(10, 3);
        CREATE TABLE every_type (
          id int PRIMARY KEY,
          b bool, i2 smallint, i4 int, i8 bigint, o oid, f4 real, f8 double precision, n numeric, n5 numeric(20, 5), nn numeric(8, -2), m money,
          t text, vc varchar(50), c char(8), nm name, ci citext, x xml, j json, jb jsonb, u uuid, by bytea, e mood, dt small_text, dn price, lt ltree, h hstore,
          d date, ti time, ti3 time(3), tz timetz, ts timestamp, ts0 timestamp(0), ts3 timestamp(3), tsz timestamptz, iv interval,
          b1 bit(1), b9 bit(9), vb varbit(16), ip inet, ci4 cidr, ma macaddr, ma8 macaddr8, p point, tv tsvector,
          r4 int4range, r8 int8range, rn numrange, rt tsrange, rz tstzrange, rd daterange,
          ai int[], ab bigint[], at text[], an numeric(10, 2)[], af double precision[], ao bool[], au uuid[], ad date[], ats timestamp[], atz timestamptz[], aj jsonb[]);
        """;

    internal const string Rows = """
        INSERT INTO every_type SELECT i, i % 2 = 0, i * 100, -i * 100000, i * 10000000000, i, i / 3.0, i / 7.0, trim_scale(i * 12345678901234567890.123456789), i * 1.23456, i * 1000, i * 12.34,
          E'text "' || i || E'" \\ \n \t é 漢 😀', 'varchar ' || i, 'c' || i, 'name' || i, 'CiText', '<a b="1">x</a>', '{"a": [1, 2.50, null], "b": "x\"y"}', '{"n": 1e3, "t": "\u00e9"}', md5(i::text)::uuid,
          decode(md5(i::text) || 'fbff', 'hex'), (ARRAY['sad', 'so "so"', 'happy'])[1 + i % 3]::mood, 'domain', i * 1.5, 'a.b.c', 'k=>v, "a b"=>"x\"y", n=>NULL',
          '1999-12-31'::date + i, '12:34:56.123456'::time, '12:34:56.123', '01:02:03.5+00', '2026-01-01 00:00:00.000001'::timestamp + i * interval '1 day', '2026-02-03 04:05:06', '2026-02-03 04:05:06.789',
          '1969-12-31 23:59:59.999999+00'::timestamptz - i * interval '1 hour', '1 year 2 mons -3 days 04:05:06.789'::interval,
          (i % 2)::int::bit(1), (i * 37)::bit(9), B'0101100110011001', '10.0.0.1/8', '10.1.0.0/16', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '(1.5,-2)', 'fat:1A cat',
          '[1,5)', '(,10]', '[1.5,2.5)', '["2026-01-01 00:00:00","2026-01-02 00:00:00")', '["2026-01-01 00:00:00+00",)', '[2026-01-01,2026-02-01)',
          ARRAY[1, NULL, -3], ARRAY[1, 9000000000], ARRAY['a', 'x"y', NULL, E'back\\slash', 'NULL', ''], ARRAY[1.25, -3.5], ARRAY[0.1, 1e100], ARRAY[true, false], ARRAY[md5('a')::uuid], ARRAY['2026-01-01'::date, '1960-02-29'],
          ARRAY['2026-01-01 12:00:00.5'::timestamp], ARRAY['2026-01-01 12:00:00.123456+00'::timestamptz], ARRAY['{"a": 1}'::jsonb]
        FROM generate_series(%FROM%, %FROM% + 9) i;
        INSERT INTO every_type (id) VALUES (%FROM% + 10);
        INSERT INTO every_type (id, f4, f8, n, t, by, d, ts, tsz, ai, at) VALUES (%FROM% + 11, 'NaN', 'Infinity', -0.000000000001, '', '', '0044-03-15', '1700-01-01 00:00:00', '9999-12-31 23:59:59.999999+00', '{}', '{}');
        """;

    [KafkaTheory]
    [InlineData("")]
    [InlineData("VALUE_CONVERTER_SCHEMAS_ENABLE=true KEY_CONVERTER_SCHEMAS_ENABLE=true")]
    [InlineData("TIME_PRECISION_MODE=microseconds")]
    [InlineData("TIME_PRECISION_MODE=nanoseconds VALUE_CONVERTER_SCHEMAS_ENABLE=true")]
    [InlineData("TIME_PRECISION_MODE=isostring")]
    [InlineData("DECIMAL_HANDLING_MODE=string HSTORE_HANDLING_MODE=map")]
    [InlineData("BINARY_HANDLING_MODE=hex")]
    [InlineData("BINARY_HANDLING_MODE=base64-url-safe DECIMAL_HANDLING_MODE=string VALUE_CONVERTER_SCHEMAS_ENABLE=true")]
    public async Task Every_type_arrives_as_it_was(string modes)
    {
        var scene = await CopyScene.CreateAsync(servers, Tables, "public.every_type");
        scene.Source.With("PENSTOCK_INTERVAL_HANDLING_MODE", "string").With("PENSTOCK_INCLUDE_UNKNOWN_DATATYPES", "true");
        foreach (string mode in modes.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = mode.Split('=');
            scene.Source.With("PENSTOCK_" + parts[0], parts[1]);
            if (parts[0] is "TIME_PRECISION_MODE" or "DECIMAL_HANDLING_MODE" or "BINARY_HANDLING_MODE")
            {
                scene.Settings["PENSTOCK_" + parts[0]] = parts[1];
            }
        }

        await scene.Source.ExecuteAsync(Rows.Replace("%FROM%", "1", StringComparison.Ordinal));
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.WaitUntilEqualAsync("every_type", TimeSpan.FromSeconds(60));
        await scene.Source.ExecuteAsync(Rows.Replace("%FROM%", "101", StringComparison.Ordinal));
        await scene.Source.ExecuteAsync("UPDATE every_type SET i4 = i4 + 1; DELETE FROM every_type WHERE id % 4 = 0");
        await scene.WaitUntilEqualAsync("every_type", TimeSpan.FromSeconds(60));
    }
}
