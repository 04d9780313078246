using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>A pipeline rests when somebody asks for it from another process, over restarts, and loses nothing by it.</summary>
public class PauseTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    /// <summary>How often a paused process looks.</summary>
    private const int PauseWatchPollMs = 2000;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    [KafkaFact]
    public async Task R33_a_pause_is_noticed_by_the_running_process_survives_restarts_and_loses_nothing()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        int port = FreePort.Find();
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_HTTP", $"{port}");
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'before' FROM generate_series(1, 1000) g");
            var (code, said) = await pipeline.RunToEndAsync("pause");
            Assert.Equal(0, code);
            Assert.Contains($"pipeline \"{pipeline.Name}\" is paused", said, StringComparison.Ordinal);
            Assert.Contains($"Nobody reads slot \"{pipeline.Name}\"", said, StringComparison.Ordinal);
            await process.WaitForLineAsync("msg=\"?paused.* by=.+@.+ since=", TimeSpan.FromSeconds(10));
            // In order: what it had read is delivered and confirmed, and no failure was seen.
            Assert.DoesNotContain(process.Lines, line => Regex.IsMatch(line, "level=(warn|error) (?!msg=\"librdkafka)"));
            Assert.True(await pipeline.ScalarAsync<bool>($"SELECT NOT active AND wal_status = 'reserved' FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'"));
            var health = await HealthAsync(port);
            Assert.Equal("paused", health.GetProperty("state").GetString());
            Assert.Contains("@", health.GetProperty("pause").GetProperty("by").GetString(), StringComparison.Ordinal);
            (code, said) = await pipeline.RunToEndAsync("pause");
            Assert.Equal(0, code);
            Assert.Contains("was paused already", said, StringComparison.Ordinal);
            Assert.Equal(0, await process.StopAsync(StopLimit));
        }

        int before = pipeline.ReadToEnd().Count;
        await using var restarted = pipeline.Start();
        await restarted.WaitForLineAsync("msg=\"?paused", TimeSpan.FromSeconds(30));
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'during' FROM generate_series(1001, 2000) g");
        // R31: warned of as the retained log grows.
        await pipeline.ExecuteAsync("CREATE TABLE ballast AS SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, 80000) g");
        await restarted.WaitForLineAsync("level=warn msg=\"paused for .* makes the server keep [0-9.]+ MB of write-ahead log", TimeSpan.FromSeconds(15));
        Assert.DoesNotContain(restarted.Lines, line => line.Contains("msg=streaming", StringComparison.Ordinal));
        Assert.Equal(before, pipeline.ReadToEnd().Count);

        var watch = Stopwatch.StartNew();
        var (resumed, words) = await pipeline.RunToEndAsync("resume");
        Assert.Equal(0, resumed);
        Assert.Contains("is resumed; it was paused since", words, StringComparison.Ordinal);
        await restarted.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(20));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"streaming {watch.Elapsed} after the resume was typed");
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(2000, pipeline.ReadToEnd().Select(record => record.KeyText).Distinct().Count());
        Assert.Equal("streaming", (await HealthAsync(port)).GetProperty("state").GetString());
        (resumed, words) = await pipeline.RunToEndAsync("resume");
        Assert.Equal((0, true), (resumed, words.Contains("is not paused", StringComparison.Ordinal)));
        Assert.Equal(0, await restarted.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task R31_a_pause_that_holds_too_much_gives_the_slot_up_loudly_and_resume_reads_the_tables_again()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        int port = FreePort.Find();
        pipeline.With("PENSTOCK_HTTP", $"{port}").With("PENSTOCK_MAX_RETAINED_WAL", "24MB").With("PENSTOCK_ON_GAP", "resnapshot");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'before' FROM generate_series(1, 100) g");
        Assert.Equal(0, (await pipeline.RunToEndAsync("pause")).ExitCode);
        await process.WaitForLineAsync("msg=\"?paused", TimeSpan.FromSeconds(10));
        Assert.Equal("kept", (await HealthAsync(port)).GetProperty("pause").GetProperty("slot").GetString());
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'during' FROM generate_series(101, 200) g");
        await pipeline.ExecuteAsync("CREATE TABLE ballast AS SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, 40000) g");
        await process.WaitForLineAsync("level=error msg=\"the pause since .* passed PENSTOCK_MAX_RETAINED_WAL .*dropped on purpose at [0-9A-F]+/[0-9A-F]+, .*a new snapshot is needed", TimeSpan.FromSeconds(20));
        Assert.Equal(0, await pipeline.ScalarAsync<long>($"SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'"));
        Assert.Contains("dropped on purpose", await pipeline.ScalarAsync<string>("SELECT last_gap FROM penstock.pipeline"), StringComparison.Ordinal);
        await Task.Delay(2 * PauseWatchPollMs);
        var health = await HealthAsync(port);
        Assert.Equal(("paused", "missing"), (health.GetProperty("state").GetString(), health.GetProperty("pause").GetProperty("slot").GetString()));

        var (code, said) = await pipeline.RunToEndAsync("resume");
        Assert.Equal(0, code);
        Assert.Contains("does what its PENSTOCK_ON_GAP says", said, StringComparison.Ordinal);
        await process.WaitForLineAsync("gap: ", TimeSpan.FromSeconds(20));
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'after' FROM generate_series(201, 300) g");
        var keys = new HashSet<string?>();
        for (var watch = Stopwatch.StartNew(); keys.Count < 300 && watch.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(500))
        {
            keys = pipeline.ReadToEnd().Where(record => record.Topic.EndsWith(".public.a", StringComparison.Ordinal)).Select(record => record.KeyText).ToHashSet();
        }

        Assert.Equal(300, keys.Count);
        Assert.Equal(1, await pipeline.ScalarAsync<int>("SELECT gaps FROM penstock.pipeline"));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task R31_a_pause_that_lasts_too_long_gives_the_slot_up_and_resume_ends_with_the_gap()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_MAX_PAUSE", "5s");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 'before')");
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(0, (await pipeline.RunToEndAsync("pause")).ExitCode);
        await process.WaitForLineAsync("passed PENSTOCK_MAX_PAUSE: slot .* was dropped on purpose", TimeSpan.FromSeconds(20));
        Assert.Equal(0, (await pipeline.RunToEndAsync("resume")).ExitCode);
        await process.WaitForLineAsync("PENSTOCK_ON_GAP=resnapshot to read the tables again", TimeSpan.FromSeconds(20));
        Assert.Equal(3, await process.WaitForExitAsync(TimeSpan.FromSeconds(20)));
    }

    [KafkaFact]
    public async Task A_pause_during_the_first_snapshot_breaks_it_off_and_resume_begins_it_anew()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT g, 'row' FROM generate_series(1, 2000) g", "public.a");
        pipeline.With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES", "public.a").With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES_PUBLIC_A", "SELECT id, v FROM a WHERE pg_sleep(0.01) IS NOT NULL");
        await using var process = pipeline.Start();
        await process.WaitForLineAsync("snapshot begins", TimeSpan.FromSeconds(60));
        var (code, said) = await pipeline.RunToEndAsync("pause");
        Assert.Equal(0, code);
        Assert.Contains("begins anew when it is resumed", said, StringComparison.Ordinal);
        await process.WaitForLineAsync("msg=\"?paused", TimeSpan.FromSeconds(20));
        Assert.Equal(0, await pipeline.ScalarAsync<long>($"SELECT count(*) FROM pg_replication_slots WHERE database = '{pipeline.Name}'"));
        Assert.Equal(0, (await pipeline.RunToEndAsync("resume")).ExitCode);
        await process.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(90));
        Assert.Equal(2000, pipeline.ReadToEnd().Select(record => record.KeyText).Distinct().Count());
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task Without_state_or_pipeline_a_pause_is_refused_with_the_reason()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)", "public.a");
        foreach (string command in (string[])["pause", "resume"])
        {
            pipeline.With("PENSTOCK_STATE", "none");
            var (code, said) = await pipeline.RunToEndAsync(command);
            Assert.Equal((2, true), (code, said.Contains("there is no place where a pause could be noted", StringComparison.Ordinal)));
            pipeline.Settings.Remove("PENSTOCK_STATE");
            (code, said) = await pipeline.RunToEndAsync(command);
            Assert.Equal((3, true), (code, said.Contains($"no pipeline \"{pipeline.Name}\" has kept state in database", StringComparison.Ordinal)));
        }
    }

    private static async Task<JsonElement> HealthAsync(int port)
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync($"http://127.0.0.1:{port}/healthz");
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.Clone();
    }
}
