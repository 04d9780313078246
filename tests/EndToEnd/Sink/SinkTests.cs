namespace Penstock.EndToEnd.Sink;

public sealed class SinkTests(SceneFixture servers) : IClassFixture<SceneFixture>
{
    private const string Orders = """
        CREATE TABLE orders (
          id bigint PRIMARY KEY, customer text NOT NULL, amount numeric(12, 2), paid boolean, placed timestamp, changed timestamptz, day date, at time, code uuid, data jsonb,
          note text, small smallint, number integer, ratio double precision, part real, raw bytea, free numeric, words varchar(40));
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [KafkaTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_of_the_source_are_in_the_target(bool withSchemas)
    {
        var scene = await CopyScene.CreateAsync(servers, Orders, "public.orders");
        scene.Source.With("PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE", withSchemas ? "true" : "false").With("PENSTOCK_KEY_CONVERTER_SCHEMAS_ENABLE", withSchemas ? "true" : "false");
        await scene.Source.ExecuteAsync(Fill(1, 500));
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.WaitUntilEqualAsync("orders", Patience);

        await scene.Source.ExecuteAsync(Fill(501, 700));
        await scene.Source.ExecuteAsync("UPDATE orders SET amount = amount + 0.01, note = NULL WHERE id % 3 = 0; DELETE FROM orders WHERE id % 7 = 0; UPDATE orders SET id = id + 10000 WHERE id % 11 = 0");
        await scene.WaitUntilEqualAsync("orders", Patience);

        Assert.Equal(0, await sink.StopAsync(Patience));
        Assert.Equal(0, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM penstock.sink_offsets WHERE next_offset < 0"));
    }

    [KafkaFact]
    public async Task A_value_that_was_too_large_to_be_logged_stays_as_it_is()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE docs (id int PRIMARY KEY, body text, raw bytea, title text); ALTER TABLE docs ALTER body SET STORAGE EXTERNAL, ALTER raw SET STORAGE EXTERNAL;", "public.docs");
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO docs SELECT i, repeat('x' || i, 5000), NULL, 'new' FROM generate_series(1, 20) i");
        await scene.WaitUntilEqualAsync("docs", Patience);
        await scene.Source.ExecuteAsync("UPDATE docs SET title = 'changed' WHERE id <= 10; UPDATE docs SET title = 'twice' WHERE id <= 5; UPDATE docs SET body = 'small', title = 'both' WHERE id = 3; UPDATE docs SET title = 'last' WHERE id = 3");
        await scene.Source.ExecuteAsync("BEGIN; INSERT INTO docs VALUES (50, repeat('y', 20000), NULL, 'one'); UPDATE docs SET title = 'two' WHERE id = 50; COMMIT");
        await scene.WaitUntilEqualAsync("docs", Patience);
    }

    [KafkaFact]
    public async Task Offsets_set_back_to_the_beginning_leave_the_tables_as_they_are()
    {
        var scene = await CopyScene.CreateAsync(servers, Orders + "CREATE TABLE audit (id bigint, what text); ALTER TABLE audit REPLICA IDENTITY FULL;", "public.orders", "public.audit");
        await using var source = await scene.Source.StartStreamingAsync();
        await using (var sink = scene.StartSink())
        {
            for (int i = 0; i < 20; i++)
            {
                await scene.Source.ExecuteAsync($"{Fill((i * 10) + 1, (i * 10) + 10)}; INSERT INTO audit VALUES ({i}, 'row')");
                await scene.Source.ExecuteAsync("UPDATE orders SET number = number + 1; DELETE FROM orders WHERE id % 10 = 3");
            }

            await scene.WaitUntilEqualAsync("orders", Patience);
            await scene.WaitUntilEqualAsync("audit", Patience);
            Assert.Equal(0, await sink.StopAsync(Patience));
        }

        await scene.ExecuteInTargetAsync("UPDATE penstock.sink_offsets SET next_offset = 0");
        await using var again = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO audit VALUES (1000, 'last')");
        await scene.WaitUntilEqualAsync("audit", Patience);
        await scene.WaitUntilEqualAsync("orders", Patience);
        await again.WaitForLineAsync("applied before", Patience);
    }

    [KafkaFact]
    public async Task What_cannot_be_applied_is_put_aside_alone()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE t (id int PRIMARY KEY, n int);", "public.t");
        await scene.ExecuteInTargetAsync("ALTER TABLE t ADD CHECK (n <> 13)");
        scene.Settings["PENSTOCK_ON_ERROR"] = "dead-letter";
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO t SELECT i, i FROM generate_series(1, 100) i");
        for (var until = DateTime.UtcNow + Patience; DateTime.UtcNow < until && await scene.TargetScalarAsync<long>("SELECT count(*) FROM t") < 99; await Task.Delay(100))
        {
        }

        Assert.Equal(99, await scene.TargetScalarAsync<long>("SELECT count(*) FROM t"));
        Assert.Equal("23514", await scene.TargetScalarAsync<string>("SELECT sql_state FROM penstock.dead_letters"));
        Assert.Contains("\"n\":13", await scene.TargetScalarAsync<string>("SELECT convert_from(value, 'UTF8') FROM penstock.dead_letters"), StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task It_stops_at_what_cannot_be_applied_and_says_where_without_the_value()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE t (id int PRIMARY KEY, secret text);", "public.t");
        await scene.ExecuteInTargetAsync("ALTER TABLE t ALTER secret TYPE varchar(3)");
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO t VALUES (1, 'abcdefgh')");
        Assert.Equal(1, await sink.WaitForExitAsync(Patience));
        string output = sink.LastLines();
        Assert.Contains("public.t: a value is too long for its column", output, StringComparison.Ordinal);
        Assert.DoesNotContain("abcdefgh", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task A_left_out_value_of_a_missing_row_is_put_aside_and_replayed_when_asked()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE docs (id int PRIMARY KEY, body text, title text); ALTER TABLE docs ALTER body SET STORAGE EXTERNAL;", "public.docs");
        scene.Settings["PENSTOCK_ON_ERROR"] = "dead-letter";
        await using var source = await scene.Source.StartStreamingAsync();
        await using (var sink = scene.StartSink())
        {
            await scene.Source.ExecuteAsync("INSERT INTO docs SELECT i, repeat('x' || i, 5000), 'new' FROM generate_series(1, 3) i");
            await scene.WaitUntilEqualAsync("docs", Patience);
            await scene.ExecuteInTargetAsync("DELETE FROM docs WHERE id = 2");
            await scene.Source.ExecuteAsync("UPDATE docs SET title = 'changed'");
            await sink.WaitForLineAsync("put aside", Patience);
            Assert.Equal(0, await sink.StopAsync(Patience));
        }

        Assert.Equal(1, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM penstock.dead_letters"));
        Assert.Equal(2, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM docs WHERE title = 'changed' AND length(body) > 5000"));
        await using (var careful = scene.StartSink("replay"))
        {
            Assert.Equal(1, await careful.WaitForExitAsync(Patience));
            Assert.Contains("replay: 0 applied, 1 left", careful.LastLines(), StringComparison.Ordinal);
        }

        await scene.ExecuteInTargetAsync("INSERT INTO docs VALUES (2, repeat('x2', 5000), 'old')");
        await using (var replay = scene.StartSink("replay", "--overwrite"))
        {
            Assert.Equal(0, await replay.WaitForExitAsync(Patience));
            Assert.Contains("replay: 1 applied, 0 left", replay.LastLines(), StringComparison.Ordinal);
        }

        await scene.WaitUntilEqualAsync("docs", Patience);
        Assert.Equal(0, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM penstock.dead_letters"));
    }

    [KafkaFact]
    public async Task Tables_may_be_altered_while_rows_come()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE t (id int PRIMARY KEY, n int, gone text);", "public.t");
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO t SELECT i, i, 'a' FROM generate_series(1, 10) i");
        await scene.WaitUntilEqualAsync("t", Patience);
        // What is added or widened first in the target, what is dropped last.
        foreach (string ddl in new[] { "ALTER TABLE t ADD extra text", "ALTER TABLE t ALTER n TYPE bigint" })
        {
            await scene.ExecuteInTargetAsync(ddl);
            await scene.Source.ExecuteAsync(ddl);
            await scene.Source.ExecuteAsync("UPDATE t SET n = n + 1");
        }

        await scene.WaitUntilEqualAsync("t", Patience);
        await scene.Source.ExecuteAsync("ALTER TABLE t DROP gone");
        await scene.Source.ExecuteAsync("UPDATE t SET n = n + 1");
        await scene.ExecuteInTargetAsync("ALTER TABLE t DROP gone");
        await scene.Source.ExecuteAsync("UPDATE t SET extra = 'e', n = 5000000000 + id");
        await scene.WaitUntilEqualAsync("t", Patience);
        Assert.False(sink.HasExited);
    }

    [KafkaFact]
    public async Task Foreign_keys_hold_in_the_order_of_the_tables()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE a_line (id int PRIMARY KEY, parent int); CREATE TABLE z_head (id int PRIMARY KEY, n int);", "public.a_line", "public.z_head");
        await scene.ExecuteInTargetAsync("ALTER TABLE a_line ADD FOREIGN KEY (parent) REFERENCES z_head DEFERRABLE INITIALLY DEFERRED");
        await using var source = await scene.Source.StartStreamingAsync();
        await scene.Source.ExecuteAsync("INSERT INTO z_head SELECT i, i FROM generate_series(1, 100) i; INSERT INTO a_line SELECT i, i FROM generate_series(1, 100) i; DELETE FROM a_line WHERE id > 50; DELETE FROM z_head WHERE id > 50");
        await using var sink = scene.StartSink();
        await scene.WaitUntilEqualAsync("a_line", Patience);
        await scene.WaitUntilEqualAsync("z_head", Patience);
        Assert.False(sink.HasExited);
    }

    [KafkaFact]
    public async Task A_truncate_empties_the_table_where_it_is_asked_for()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE t (id int PRIMARY KEY, n int);", "public.t");
        scene.Source.With("PENSTOCK_SKIPPED_OPERATIONS", "none");
        scene.Settings["PENSTOCK_TRUNCATE_ENABLED"] = "true";
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO t SELECT i, i FROM generate_series(1, 100) i");
        await scene.WaitUntilEqualAsync("t", Patience);
        await scene.Source.ExecuteAsync("TRUNCATE t; INSERT INTO t VALUES (7, 7)");
        await scene.WaitUntilEqualAsync("t", Patience);
    }

    private static string Fill(int from, int to) => $$"""
        INSERT INTO orders SELECT i, 'customer "' || i || E'" \\ \n é', i * 1.25 - 100, i % 2 = 0, '2026-01-01'::timestamp + i * interval '1.000001 s', '1999-12-31 23:59:59.5+00'::timestamptz + i * interval '1 day',
          '1999-12-30'::date + i, '00:00:01'::time + i * interval '1.5 s', md5(i::text)::uuid, jsonb_build_object('n', i, 't', 'x"y'), CASE WHEN i % 5 = 0 THEN NULL ELSE repeat('n', i % 50) END,
          i % 30000, -i, i / 3.0, i / 7.0, decode(md5(i::text), 'hex'), trim_scale(i * 123456789.000001234 / 1000), left(md5(i::text), 20)
        FROM generate_series({{from}}, {{to}}) i
        """;
}
