namespace Penstock.EndToEnd;

/// <summary><c>verify</c>: finds what differs between a table and its copy, and nothing else, while both live.</summary>
public sealed class VerifyTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private const string Table = "CREATE TABLE orders (id int, region text, amount numeric(10,2), at timestamptz, note text, PRIMARY KEY (id, region));";
    private const string Rows = "INSERT INTO orders SELECT g, 'eu', g * 1.5, '2026-01-01'::timestamptz + g * interval '1 min', CASE WHEN g % 7 = 0 THEN NULL ELSE 'n' || g END FROM generate_series(1, 5000) g;";

    [KafkaFact]
    public async Task Differing_keys_are_listed_by_their_kind_and_equal_tables_are_equal()
    {
        var (pipeline, copy) = await PrepareAsync("CREATE TABLE orders (region text, id bigint, note text, amount numeric(12,2), at timestamptz(0), more int, PRIMARY KEY (id, region));");
        await pipeline.ExecuteAsync(Rows);
        await CopyAsync(Rows.Replace("INTO orders", "INTO orders (id, region, amount, at, note)", StringComparison.Ordinal), copy);
        var (code, said) = await pipeline.RunToEndAsync("verify", "--against", "table", "--table", "public.orders", "--wait", "1");
        Assert.True(code == 0 && said.Contains("equal      5000 rows", StringComparison.Ordinal), said);
        Assert.Contains("left out   more", said, StringComparison.Ordinal);

        await CopyAsync("DELETE FROM orders WHERE id = 7; UPDATE orders SET note = 'x' WHERE id = 14; UPDATE orders SET note = NULL WHERE id = 15; INSERT INTO orders (id, region) VALUES (9000, 'us')", copy);
        (code, said) = await pipeline.RunToEndAsync("verify", "--against", "table", "--table", "public.orders", "--wait", "1");
        Assert.True(code == 1, said);
        Assert.Contains("missing    id=7 region=eu", said, StringComparison.Ordinal);
        Assert.Contains("other      id=14 region=eu", said, StringComparison.Ordinal);
        Assert.Contains("other      id=15 region=eu", said, StringComparison.Ordinal);
        Assert.Contains("extra      id=9000 region=us", said, StringComparison.Ordinal);
        Assert.Contains("different  4 keys, 5000 rows in the source: 1 missing in the target, 1 that only it has, 2 with other values", said, StringComparison.Ordinal);
        (code, said) = await pipeline.RunToEndAsync("verify", "--against", "table", "--table", "public.orders", "--wait", "1", "--without", "note", "--limit", "1");
        Assert.True(code == 1 && said.Contains("and 1 more (--limit)", StringComparison.Ordinal) && said.Contains("different  2 keys", StringComparison.Ordinal), said);
    }

    [KafkaFact]
    public async Task The_lag_of_a_copy_that_lives_is_no_difference_and_a_lost_row_among_it_is()
    {
        var (pipeline, copy) = await PrepareAsync(Table);
        await pipeline.ExecuteAsync(Rows);
        await CopyAsync(Rows, copy);
        using var end = new CancellationTokenSource();
        // The copy is half a second behind, on one key in five hundred always; a key that changes with each statement never rests.
        var living = Task.Run(async () =>
        {
            for (int i = 1; !end.IsCancellationRequested; i++)
            {
                string change = $"UPDATE orders SET note = 'v{i}' WHERE id = {1 + (i * 37 % 2000)} OR id = 4999; INSERT INTO orders VALUES ({10_000 + i}, 'eu', 1, now(), '')";
                string fixedChange = change.Replace("now()", "'2026-02-02'", StringComparison.Ordinal);
                await pipeline.ExecuteAsync(fixedChange);
                await Task.Delay(500);
                await CopyAsync(fixedChange, copy);
            }
        });
        var (code, said) = await pipeline.RunToEndAsync("verify", "--against", "table", "--table", "public.orders", "--wait", "2");
        Assert.True(code == 0, said);
        await CopyAsync("DELETE FROM orders WHERE id = 3000", copy);
        (code, said) = await pipeline.RunToEndAsync("verify", "--against", "table", "--table", "public.orders", "--wait", "2");
        await end.CancelAsync();
        await living;
        Assert.True(code == 1 && said.Contains("different  1 keys", StringComparison.Ordinal) && said.Contains("missing    id=3000 region=eu", StringComparison.Ordinal), said);
    }

    [KafkaFact]
    public async Task A_topic_is_folded_by_key_and_compared_while_the_pipeline_works()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE docs (id int PRIMARY KEY, body text, n int); ALTER TABLE docs ALTER body SET STORAGE EXTERNAL; INSERT INTO docs SELECT g, repeat('x' || g, 1000), g FROM generate_series(1, 500) g", 3, "public.docs");
        pipeline.With("PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE", "true").With("PENSTOCK_STATUS_UPDATE_INTERVAL_MS", "500");
        string[] command = ["verify", "--table", "public.docs", "--wait", "20"];
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("DELETE FROM docs WHERE id % 10 = 0; UPDATE docs SET n = -1 WHERE id < 5; INSERT INTO docs VALUES (1000, 'new', 1)");
            using var end = new CancellationTokenSource();
            var living = Task.Run(async () =>
            {
                for (int i = 0; !end.IsCancellationRequested; i++)
                {
                    await pipeline.ExecuteAsync($"UPDATE docs SET body = 'v{i}' WHERE id BETWEEN {100 + (i % 50)} AND {140 + (i % 50)}; INSERT INTO docs VALUES ({2000 + i}, 'y', {i}); DELETE FROM docs WHERE id = {1995 + i}");
                    await Task.Delay(20);
                }
            });
            var (code, said) = await pipeline.RunToEndAsync(command);
            await end.CancelAsync();
            await living;
            Assert.True(code == 0 && said.Contains("equal      4", StringComparison.Ordinal), said);
            // Of the four updates that leave the large value out only the row is looked for.
            Assert.Contains("not sent   4 rows", said, StringComparison.Ordinal);

            // What the pipeline was not told of: the publication leaves it out, and is made whole again.
            await pipeline.WaitUntilConfirmedAsync();
            await pipeline.ExecuteAsync($"ALTER PUBLICATION {pipeline.Name} SET (publish = 'truncate')");
            await pipeline.ExecuteAsync("INSERT INTO docs VALUES (9001, 'lost', 1); UPDATE docs SET n = 77 WHERE id = 11; DELETE FROM docs WHERE id = 12");
            await pipeline.WaitUntilConfirmedAsync();
            await pipeline.ExecuteAsync($"ALTER PUBLICATION {pipeline.Name} SET (publish = 'insert, update, delete, truncate')");
            (code, said) = await pipeline.RunToEndAsync(command);
            Assert.True(code == 1, said);
            Assert.Contains("missing    {\"id\":9001}", said, StringComparison.Ordinal);
            Assert.Contains("other      {\"id\":11}", said, StringComparison.Ordinal);
            Assert.Contains("extra      {\"id\":12}", said, StringComparison.Ordinal);
            Assert.Contains("different  3 keys", said, StringComparison.Ordinal);
            Assert.Equal(0, await process.StopAsync(TimeSpan.FromSeconds(20)));
        }

        // What is on its way is no difference, and is not said to be none.
        await pipeline.ExecuteAsync("INSERT INTO docs VALUES (9002, 'on its way', 1)");
        var (late, words) = await pipeline.RunToEndAsync("verify", "--table", "public.docs", "--wait", "1");
        Assert.True(late == 4 && words.Contains("what differs may be on its way", StringComparison.Ordinal), words);
    }

    [KafkaFact]
    public async Task What_cannot_be_compared_is_refused_with_the_reason()
    {
        var (pipeline, copy) = await PrepareAsync("CREATE TABLE orders (id int PRIMARY KEY)");
        await pipeline.ExecuteAsync("CREATE TABLE keyless (a int)");
        await CopyAsync("CREATE TABLE keyless (a int)", copy);
        await RefusedAsync(3, "there is no table public.no in the source", "public.no");
        await RefusedAsync(3, "by its primary key: it has none", "public.keyless");
        await RefusedAsync(3, "the target does not have all of its columns", "public.orders");
        await RefusedAsync(2, "--table and --as are names of tables", "orders");
        pipeline.Settings.Remove("PENSTOCK_VERIFY_DATABASE_URL");
        await RefusedAsync(2, "set PENSTOCK_VERIFY_DATABASE_URL", "public.orders");

        async Task RefusedAsync(int expected, string reason, string table)
        {
            var (code, said) = await pipeline.RunToEndAsync("verify", "--against", "table", "--table", table);
            Assert.True(code == expected && said.Contains(reason, StringComparison.Ordinal), said);
        }
    }

    private async Task<(TestPipeline Pipeline, string Copy)> PrepareAsync(string copySql)
    {
        var pipeline = await fixture.PrepareAsync(Table, "public.orders");
        string copy = $"{pipeline.Name}_b";
        await fixture.Scene.Postgres.ExecuteAsync($"CREATE DATABASE {copy}");
        await CopyAsync(copySql, copy);
        string url = fixture.Scene.Postgres.Url(copy);
        pipeline.With("PENSTOCK_VERIFY_DATABASE_URL", url);
        return (pipeline, copy);
    }

    private Task CopyAsync(string sql, string copy) => fixture.Scene.Postgres.ExecuteAsync(sql, copy);
}
