using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Penstock.EndToEnd.Sink;
using Penstock.Engine.Operations;
using Penstock.EngineTests.Operations;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary><c>/metrics</c> of a process, over HTTP, read by a strict parser.</summary>
public sealed partial class MetricsTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    [KafkaFact]
    public async Task R13_metrics_follow_a_snapshot_and_the_stream()
    {
        var copy = await CopyScene.CreateAsync(fixture, "CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        var pipeline = copy.Source;
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'row' FROM generate_series(1, 300) g; ANALYZE a");
        int port = FreePort.Find();
        pipeline.With("PENSTOCK_HTTP", $"{port}").With("PENSTOCK_LOG_SAMPLES_INTERVAL_MS", "1000").With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES", "public.a")
            .With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES_PUBLIC_A", "SELECT id, v FROM a WHERE pg_sleep(0.01) IS NOT NULL");
        await using var process = pipeline.Start();
        await process.WaitForLineAsync("snapshot begins", TimeSpan.FromSeconds(60));
        var snapshot = await UntilAsync(port, read => read.ContainsKey("penstock_snapshot_tables"));
        Assert.Equal((1, 300, 1), (One(snapshot, "penstock_snapshot_tables"), One(snapshot, "penstock_snapshot_rows_estimated"), snapshot["penstock_state"].Samples["state=\"snapshot\""]));

        await process.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60));
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'row' FROM generate_series(1001, 1100) g");
        var stream = await UntilAsync(port, read => One(read, "penstock_records_delivered_total") >= 400 && read.ContainsKey("penstock_slot_retained_bytes") && read.TryGetValue("penstock_lag_seconds", out var lag) && lag.Samples.Count > 4);
        Assert.Equal((300, 100, 0), (stream["penstock_events_total"].Samples[Operation("read")], stream["penstock_events_total"].Samples[Operation("create")], stream["penstock_events_total"].Samples[Operation("delete")]));
        Assert.InRange(stream["penstock_event_bytes_total"].Samples["table=\"public.a\""], 400 * 100, 400 * 2000);
        // Head, received, decoded, delivered, confirmed, and sent where the user may see it.
        Assert.All(stream["penstock_lag_bytes"].Samples.Values.Concat(stream["penstock_lag_seconds"].Samples.Values), behind => Assert.InRange(behind, 0, 1e9));
        Assert.InRange(One(stream, "penstock_delivery_seconds"), 0, 30);
        Assert.True(stream.ContainsKey("penstock_log_lines_total"));
        Assert.Equal(400, One(stream, "penstock_records_delivered_total"));
        Assert.Equal((1, 0), (stream["penstock_state"].Samples["state=\"streaming\""], stream["penstock_state"].Samples["state=\"snapshot\""]));
        Assert.Equal((0, 0), (One(stream, "penstock_gaps_total"), One(stream, "penstock_interruptions_total")));
        Assert.InRange(One(stream, "penstock_confirmed_lsn_bytes"), 1, One(stream, "penstock_received_lsn_bytes"));
        Assert.Contains("program=\"postgres-to-kafka\"", stream["penstock_build_info"].Samples.Keys.Single(), StringComparison.Ordinal);
        Assert.DoesNotContain("penstock_snapshot_tables", stream.Keys);
        await process.WaitForLineAsync(@"^(ts=\S+ )?source=\S+ pipeline=\w+ state=streaming sample#up=1 sample#events-total=400 .* sample#lag-seconds=0 sample#lag-bytes=0 .* sample#wal-retained-bytes=\d+ ", StopLimit);
        var sink = await FollowSinkAsync(copy);
        Assert.Equal(0, await process.StopAsync(StopLimit));
        await MonitoringNamesOnlyAsync([.. snapshot.Keys, .. stream.Keys, .. sink.Keys]);
        static string Operation(string name) => $"table=\"public.a\",operation=\"{name}\"";
    }

    [KafkaFact]
    public async Task An_incremental_snapshot_tells_what_is_left()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 2000); CREATE TABLE signal (id text PRIMARY KEY, type text, data text)", "public.a", "public.signal");
        int port = FreePort.Find();
        pipeline.With("PENSTOCK_HTTP", $"{port}").With("PENSTOCK_TABLE_INCLUDE_LIST", "public.a").With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_SIGNAL_DATA_COLLECTION", "public.signal").With("PENSTOCK_INCREMENTAL_SNAPSHOT_CHUNK_SIZE", "1");
        await using var process = await pipeline.StartStreamingAsync();
        var before = await UntilAsync(port, read => read.ContainsKey("penstock_incremental_snapshot_tables"));
        Assert.Equal(0, One(before, "penstock_incremental_snapshot_tables"));
        await pipeline.ExecuteAsync("""INSERT INTO signal VALUES ('s', 'execute-snapshot', '{"data-collections": ["public.a"], "type": "incremental"}')""");
        var reading = await UntilAsync(port, read => One(read, "penstock_incremental_snapshot_rows") > 1);
        Assert.Equal(1, One(reading, "penstock_incremental_snapshot_tables"));
        string page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "operations.md"));
        Assert.All(reading.Keys, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    /// <summary>What the way back tells while it follows, and while a lock in its target holds it up.</summary>
    private static async Task<IReadOnlyDictionary<string, MetricFamily>> FollowSinkAsync(CopyScene copy)
    {
        int port = FreePort.Find();
        copy.Settings["PENSTOCK_HTTP"] = $"{port}";
        copy.Settings["PENSTOCK_ON_ERROR"] = "dead-letter";
        await copy.ExecuteInTargetAsync("ALTER TABLE a ADD CHECK (v <> 'bad')");
        string topic = $"topic=\"{copy.Source.Name}.public.a\"";
        await using var process = copy.StartSink();
        await copy.WaitUntilEqualAsync("a", TimeSpan.FromSeconds(60));
        await copy.Source.ExecuteAsync("INSERT INTO a VALUES (9000, 'bad')");
        var followed = await UntilAsync(port, read => read.TryGetValue("penstock_topic_lag_records", out var lag) && lag.Samples[topic] == 0 && One(read, "penstock_dead_letters_total") > 0);
        Assert.Equal((400, 1, 401), (One(followed, "penstock_rows_applied_total"), One(followed, "penstock_dead_letters_total"), followed["penstock_topic_records_total"].Samples[topic]));
        Assert.Equal((0, 1), (followed["penstock_topic_lag_seconds"].Samples[topic], followed["penstock_topic_partitions"].Samples[topic]));
        Assert.InRange(One(followed, "penstock_transactions_applied_total"), 2, 402);
        Assert.InRange(One(followed, "penstock_apply_last_seconds"), 1e-4, One(followed, "penstock_apply_seconds_total"));
        Assert.InRange(One(followed, "penstock_delivery_seconds"), 0, 60);
        Assert.Equal(1, followed["penstock_log_lines_total"].Samples["level=\"warning\""]);

        await using (var locks = await copy.OpenTargetAsync())
        {
            await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE a IN ACCESS EXCLUSIVE MODE", locks);
            await hold.ExecuteNonQueryAsync();
            await copy.Source.ExecuteAsync("UPDATE a SET v = 'late' WHERE id < 51");
            await UntilAsync(port, read => read["penstock_topic_lag_records"].Samples[topic] == 50 && read["penstock_topic_lag_seconds"].Samples[topic] > 1);
        }

        await copy.Source.ExecuteAsync("DELETE FROM a WHERE id = 9000");
        await copy.WaitUntilEqualAsync("a", TimeSpan.FromSeconds(60));
        Assert.Equal(0, await process.StopAsync(StopLimit));
        return followed;
    }

    [KafkaFact]
    public async Task The_way_back_tells_its_own_while_its_target_is_away()
    {
        int port = FreePort.Find();
        var settings = new Dictionary<string, string> { ["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/d", ["KAFKA_URL"] = "kafka://127.0.0.1:1", ["PENSTOCK_TOPICS"] = "a", ["PENSTOCK_GROUP"] = "g", ["PENSTOCK_HTTP"] = $"{port}" };
        await using var process = PipelineProcess.Start(Repository.KafkaToPostgres(), settings, ["run"]);
        await process.WaitForLineAsync("the (pipeline|sink) is interrupted", TimeSpan.FromSeconds(60));
        var read = await UntilAsync(port, read => One(read, "penstock_interruptions_total") > 0);
        Assert.Contains("program=\"kafka-to-postgres\"", read["penstock_build_info"].Samples.Keys.Single(), StringComparison.Ordinal);
        Assert.Equal(1, read["penstock_state"].Samples["state=\"backing-off\""]);
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    /// <summary>docs/monitoring names no metric that is not among these, or among those that only a server with a limit, or a slot that grows, brings forth.</summary>
    private static async Task MonitoringNamesOnlyAsync(HashSet<string> seen)
    {
        var health = new HealthState();
        health.Retains(new RetainedLog(1, 1, 1, 1, AlarmLevel.Critical, "full"));
        await using var endpoint = HealthEndpoint.Start(new IPEndPoint(IPAddress.Loopback, 0), health, NullLogger.Instance);
        using var client = new HttpClient();
        seen.UnionWith(PrometheusText.Read(await client.GetStringAsync($"http://{endpoint.Address}/metrics")).Keys);
        string folder = Path.Combine(Repository.Root, "docs", "monitoring");
        foreach (string file in (string[])["alerts.yml", "dashboard.json"])
        {
            string text = await File.ReadAllTextAsync(Path.Combine(folder, file));
            string[] named = [.. MetricName().Matches(text).Select(match => match.Value).Distinct()];
            Assert.True(named.Length > 8, $"{file} names {named.Length} metrics");
            Assert.Empty(named.Except(seen));
        }

        using var dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "dashboard.json")));
        Assert.All(dashboard.RootElement.GetProperty("panels").EnumerateArray(), panel => Assert.NotEqual(0, panel.GetProperty("targets").GetArrayLength()));
        // The table of the documentation is complete, too.
        string page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "operations.md"));
        Assert.All(seen, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    [GeneratedRegex("\\b(?:penstock|process)_[a-z_]+_[a-z]+\\b|\\bpenstock_state\\b")]
    private static partial Regex MetricName();

    private static double One(IReadOnlyDictionary<string, MetricFamily> read, string name) => read[name].Samples[""];

    private static async Task<IReadOnlyDictionary<string, MetricFamily>> UntilAsync(int port, Func<IReadOnlyDictionary<string, MetricFamily>, bool> isThere)
    {
        using var client = new HttpClient();
        for (var until = DateTime.UtcNow.AddSeconds(20); ; await Task.Delay(200))
        {
            string text = await client.GetStringAsync($"http://127.0.0.1:{port}/metrics");
            var read = PrometheusText.Read(text);
            if (isThere(read))
            {
                return read;
            }

            Assert.True(DateTime.UtcNow < until, text);
        }
    }
}
