using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
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
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT g, 'row' FROM generate_series(1, 300) g; ANALYZE a", "public.a");
        int port = FreePort.Find();
        pipeline.With("PENSTOCK_HTTP", $"{port}").With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES", "public.a")
            .With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES_PUBLIC_A", "SELECT id, v FROM a WHERE pg_sleep(0.01) IS NOT NULL");
        await using var process = pipeline.Start();
        await process.WaitForLineAsync("snapshot begins", TimeSpan.FromSeconds(60));
        var snapshot = await UntilAsync(port, read => read.ContainsKey("penstock_snapshot_tables"));
        Assert.Equal((1, 300, 1), (One(snapshot, "penstock_snapshot_tables"), One(snapshot, "penstock_snapshot_rows_estimated"), snapshot["penstock_state"].Samples["state=\"snapshot\""]));

        await process.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60));
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'row' FROM generate_series(1001, 1100) g");
        var stream = await UntilAsync(port, read => One(read, "penstock_records_delivered_total") >= 400 && read.ContainsKey("penstock_slot_retained_bytes") && read.ContainsKey("penstock_confirmed_lsn_bytes"));
        Assert.Equal(400, One(stream, "penstock_records_delivered_total"));
        Assert.Equal((1, 0), (stream["penstock_state"].Samples["state=\"streaming\""], stream["penstock_state"].Samples["state=\"snapshot\""]));
        Assert.Equal((0, 0), (One(stream, "penstock_gaps_total"), One(stream, "penstock_interruptions_total")));
        Assert.InRange(One(stream, "penstock_confirmed_lsn_bytes"), 1, One(stream, "penstock_received_lsn_bytes"));
        Assert.Contains("program=\"postgres-to-kafka\"", stream["penstock_build_info"].Samples.Keys.Single(), StringComparison.Ordinal);
        Assert.DoesNotContain("penstock_snapshot_tables", stream.Keys);
        Assert.Equal(0, await process.StopAsync(StopLimit));
        await MonitoringNamesOnlyAsync([.. snapshot.Keys, .. stream.Keys]);
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
