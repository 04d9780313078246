using System.Text.Json;
using Npgsql;

namespace Penstock.EndToEnd;

/// <summary><c>postgres-to-kafka status</c> says how far the pipeline is, whether a process runs or not.</summary>
public sealed class StatusTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    [KafkaFact]
    public async Task Before_during_and_after_a_run_it_names_the_state_and_the_places()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        var seen = await StatusAsync(pipeline);
        Assert.Equal(("new", JsonValueKind.Null), (Word(seen), seen.GetProperty("gaps").ValueKind));
        Assert.False(await pipeline.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'penstock')"));

        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'row' FROM generate_series(1, 1000) g");
            await pipeline.WaitUntilConfirmedAsync();
            seen = await StatusAsync(pipeline);
            Assert.Equal("streaming", Word(seen));
            int walsender = await pipeline.ScalarAsync<int>($"SELECT active_pid FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'");
            Assert.Equal(walsender, seen.GetProperty("reader_pid").GetInt32());
            Assert.Contains($"process {walsender} of the server sends to ", seen.GetProperty("reason").GetString(), StringComparison.Ordinal);
            Assert.Equal(0, seen.GetProperty("gaps").GetInt32());
            // In the order of the way, from the end of the log backwards.
            var lsn = seen.GetProperty("lsn");
            ulong[] ladder = [.. ((string[])["end", "sent", "received", "confirmed", "kept_from"]).Select(rung => Position(lsn.GetProperty(rung).GetString()!))];
            Assert.Equal(ladder.OrderDescending(), ladder);
            Assert.Equal(0, await process.StopAsync(StopLimit));
        }

        ulong confirmed = Position((await StatusAsync(pipeline)).GetProperty("lsn").GetProperty("confirmed").GetString()!);
        await pipeline.ExecuteAsync("CREATE TABLE ballast AS SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, 20000) g");
        seen = await StatusAsync(pipeline);
        Assert.Equal("down", Word(seen));
        Assert.Equal(confirmed, Position(seen.GetProperty("lsn").GetProperty("confirmed").GetString()!));
        Assert.InRange(seen.GetProperty("kept_bytes").GetInt64(), 15_000_000, 100_000_000);
        Assert.Equal(Position(seen.GetProperty("lsn").GetProperty("end").GetString()!) - confirmed, (ulong)seen.GetProperty("behind_bytes").GetInt64());
        var (code, text) = await pipeline.RunToEndAsync("status");
        Assert.Equal(0, code);
        Assert.Matches($"(?m)^state +down: nobody reads slot \"{pipeline.Name}\"", text);
        Assert.Matches("(?m)^ +confirmed +[0-9A-F]+/[0-9A-F]+ +[0-9]+ MB behind", text);
        Assert.Matches("(?m)^kept log +[0-9]+ MB, no limit", text);

        await pipeline.ExecuteAsync($"SELECT pg_drop_replication_slot('{pipeline.Name}')");
        Assert.Equal("slot-missing", Word(await StatusAsync(pipeline)));
    }

    [KafkaFact]
    public async Task A_pause_is_named_with_who_asked_for_it_and_whether_its_slot_is_there()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        await using (var process = await pipeline.StartStreamingAsync())
        {
            Assert.Equal(0, (await pipeline.RunToEndAsync("pause")).ExitCode);
            Assert.Equal(0, await process.StopAsync(StopLimit));
        }

        var seen = await StatusAsync(pipeline);
        Assert.Equal("paused", Word(seen));
        Assert.Contains("@", seen.GetProperty("paused_by").GetString(), StringComparison.Ordinal);
        Assert.Contains("to go on: postgres-to-kafka resume", seen.GetProperty("reason").GetString(), StringComparison.Ordinal);
        await pipeline.ExecuteAsync($"SELECT pg_drop_replication_slot('{pipeline.Name}')");
        seen = await StatusAsync(pipeline);
        Assert.Equal("paused", Word(seen));
        Assert.Contains("is gone: the next start is a gap", seen.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task A_snapshot_that_runs_is_named()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT g, 'row' FROM generate_series(1, 2000) g", "public.a");
        await pipeline.ExecuteAsync("ANALYZE a");
        pipeline.With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES", "public.a").With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES_PUBLIC_A", "SELECT id, v FROM a WHERE pg_sleep(0.01) IS NOT NULL");
        await using var process = pipeline.Start();
        await process.WaitForLineAsync("snapshot begins", TimeSpan.FromSeconds(60));
        var seen = await StatusAsync(pipeline);
        Assert.Equal("snapshot", Word(seen));
        Assert.Equal(("public.a", 2000L), (seen.GetProperty("reads_table").GetString(), seen.GetProperty("reads_rows_estimated").GetInt64()));
        Assert.InRange(seen.GetProperty("reads_rows").GetInt64(), 1, 1999);
        Assert.InRange(seen.GetProperty("reads_rows_per_second").GetInt64(), 1, 101);
        Assert.Matches(@"reads +public\.a: \d+ of about 2,000 rows \[#*\.+\] \d+ %, \d+ rows/s, \d+ s left for this table", (await pipeline.RunToEndAsync("status")).Output);
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task Who_keeps_the_log_is_named()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        await using var open = await pipeline.OpenAsync();
        await using (var begin = new NpgsqlCommand("SET application_name = 'report'; BEGIN; INSERT INTO a VALUES (1, 'open')", open))
        {
            await begin.ExecuteNonQueryAsync();
        }

        var seen = await StatusAsync(pipeline);
        Assert.Equal(open.ProcessID, seen.GetProperty("oldest_transaction_pid").GetInt32());
        Assert.Equal("report, user " + await pipeline.ScalarAsync<string>("SELECT current_user::text"), seen.GetProperty("oldest_transaction").GetString());
        Assert.InRange(seen.GetProperty("oldest_transaction_seconds").GetInt64(), 0, 60);
    }

    [KafkaFact]
    public async Task A_user_without_rights_over_other_sessions_sees_the_rest()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.WaitUntilConfirmedAsync();
        await pipeline.ExecuteAsync($"CREATE ROLE onlooker_{pipeline.Name} LOGIN");
        string all = pipeline.Settings["DATABASE_URL"];
        pipeline.With("DATABASE_URL", WithUser(all, $"onlooker_{pipeline.Name}"));
        var (code, text) = await pipeline.RunToEndAsync("status");
        Assert.Equal(0, code);
        Assert.Matches("(?m)^state +streaming: ", text);
        Assert.Contains("pg_monitor", text, StringComparison.Ordinal);
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task A_database_that_is_down_is_named_with_exit_code_four()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)", "public.a");
        pipeline.With("DATABASE_URL", "postgres://nobody@127.0.0.1:1/b");
        var (code, said) = await pipeline.RunToEndAsync("status");
        Assert.Equal(4, code);
        Assert.Contains("nothing listens at 127.0.0.1:1", said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    private static string? Word(JsonElement status) => status.GetProperty("state").GetString();

    private static ulong Position(string lsn)
    {
        string[] halves = lsn.Split('/');
        return (Convert.ToUInt64(halves[0], 16) << 32) | Convert.ToUInt64(halves[1], 16);
    }

    private static string WithUser(string url, string user)
    {
        var uri = new UriBuilder(url) { UserName = user };
        return uri.Uri.ToString();
    }

    private static async Task<JsonElement> StatusAsync(TestPipeline pipeline)
    {
        var (code, said) = await pipeline.RunToEndAsync("status", "--json");
        Assert.True(code == 0, said);
        using var document = JsonDocument.Parse(said);
        return document.RootElement.Clone();
    }
}
