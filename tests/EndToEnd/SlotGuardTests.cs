using System.Text.Json;
using Npgsql;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>What the slot holds is watched in every state of the pipeline, and given up where the user said so.</summary>
public sealed class SlotGuardTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private const string Ballast = "CREATE TABLE ballast AS SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, 40000) g";
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    /// <summary>A few looks of the guard.</summary>
    private static readonly TimeSpan Looks = TimeSpan.FromSeconds(25);

    [KafkaFact]
    public async Task R26_what_the_slot_holds_is_said_in_log_health_and_status_and_streaming_goes_on()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        int port = FreePort.Find();
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_HTTP", $"{port}").With("PENSTOCK_RETAINED_WAL_WARNING", "8MB").With("PENSTOCK_RETAINED_WAL_CRITICAL", "20MB");
        await using var process = await pipeline.StartStreamingAsync();
        await using var open = await HoldAsync(pipeline);
        await pipeline.ExecuteAsync("CREATE TABLE first AS SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, 12000) g");
        await process.WaitForLineAsync($"level=warn msg=\"slot .*{pipeline.Name}.* makes the server keep .* above PENSTOCK_RETAINED_WAL_WARNING .8192 kB.; process [0-9]+ .*, idle in transaction, open for [0-9]+ s, holds it back; to look closer, type: postgres-to-kafka status\" retained_wal_bytes=[0-9]+", Looks);
        await pipeline.ExecuteAsync(Ballast);
        await process.WaitForLineAsync("level=error msg=\"slot .* makes the server keep .* above PENSTOCK_RETAINED_WAL_CRITICAL .20 MB.; ", Looks);
        var retained = (await HealthAsync(port)).GetProperty("retained_log");
        Assert.Equal("critical", retained.GetProperty("alarm").GetString());
        Assert.InRange(retained.GetProperty("bytes").GetInt64(), 20L << 20, 1L << 30);
        var (code, text) = await pipeline.RunToEndAsync("status");
        Assert.Equal(0, code);
        Assert.Matches("(?m)^alarm +critical: slot ", text);
        (code, text) = await pipeline.RunToEndAsync("status", "--json");
        Assert.Equal((0, "critical"), (code, JsonDocument.Parse(text).RootElement.GetProperty("alarm").GetString()));

        // A warning is no more than that.
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 'after')");
        Assert.Single(pipeline.Read(1));
        Assert.DoesNotContain(process.Lines, line => line.Contains("dropped on purpose", StringComparison.Ordinal));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task R31_a_running_pipeline_whose_slot_holds_too_much_gives_it_up_loudly_and_reads_the_tables_again()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        pipeline.With("PENSTOCK_ON_WAL_LIMIT", "drop-slot").With("PENSTOCK_RETAINED_WAL_CRITICAL", "20MB").With("PENSTOCK_ON_GAP", "resnapshot");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'before' FROM generate_series(1, 100) g");
        await using (await HoldAsync(pipeline))
        {
            await pipeline.ExecuteAsync(Ballast);
            await process.WaitForLineAsync("level=error msg=\"the write-ahead log that the slot holds passed PENSTOCK_RETAINED_WAL_CRITICAL .*dropped on purpose at [0-9A-F]+/[0-9A-F]+, .*a new snapshot is needed", Looks);
        }

        await process.WaitForLineAsync("gap: ", Looks);
        await process.WaitForLineAsync("snapshot is complete", TimeSpan.FromSeconds(60));
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'after' FROM generate_series(101, 200) g");
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(200, pipeline.ReadToEnd().Select(record => record.KeyText).Distinct().Count());
        Assert.Equal(1, await pipeline.ScalarAsync<int>("SELECT gaps FROM penstock.pipeline"));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task R31_a_pipeline_without_its_brokers_gives_the_slot_up_too()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data");
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 'before')");
            await pipeline.WaitUntilConfirmedAsync();
            Assert.Equal(0, await process.StopAsync(StopLimit));
        }

        await pipeline.ExecuteAsync(Ballast);
        pipeline.With("KAFKA_URL", "kafka://127.0.0.1:1").With("PENSTOCK_ON_WAL_LIMIT", "drop-slot").With("PENSTOCK_RETAINED_WAL_CRITICAL", "20MB").With("PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS", "1000");
        await using var away = pipeline.Start();
        await away.WaitForLineAsync("level=error msg=\"slot .* above PENSTOCK_RETAINED_WAL_CRITICAL .20 MB.; nobody reads it", TimeSpan.FromSeconds(60));
        await away.WaitForLineAsync("passed PENSTOCK_RETAINED_WAL_CRITICAL .*dropped on purpose", TimeSpan.FromSeconds(60));
        Assert.Equal(0, await pipeline.ScalarAsync<long>($"SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'"));
        Assert.Contains("dropped on purpose", await pipeline.ScalarAsync<string>("SELECT last_gap FROM penstock.pipeline"), StringComparison.Ordinal);
        Assert.Equal(0, await away.StopAsync(StopLimit));
    }

    /// <summary>An open transaction with changes: the slot cannot let go of the log behind its begin, however quickly it is read.</summary>
    private static async Task<NpgsqlConnection> HoldAsync(TestPipeline pipeline)
    {
        var open = await pipeline.OpenAsync();
        await using var begin = open.CreateCommand();
        begin.CommandText = "BEGIN; CREATE TABLE held (id int)";
        await begin.ExecuteNonQueryAsync();
        return open;
    }

    private static async Task<JsonElement> HealthAsync(int port)
    {
        using var client = new HttpClient();
        return JsonDocument.Parse(await client.GetStringAsync($"http://127.0.0.1:{port}/healthz")).RootElement.Clone();
    }
}
