using Penstock.EngineTests.Operations;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary><c>/metrics</c> of a process, over HTTP, read by a strict parser.</summary>
public sealed class MetricsTests(SceneFixture fixture) : IClassFixture<SceneFixture>
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
    }

    [KafkaFact]
    public async Task The_way_back_tells_its_own_while_its_target_is_away()
    {
        int port = FreePort.Find();
        var settings = new Dictionary<string, string> { ["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/d", ["KAFKA_URL"] = "kafka://127.0.0.1:1", ["PENSTOCK_TOPICS"] = "a", ["PENSTOCK_HTTP"] = $"{port}" };
        await using var process = PipelineProcess.Start(Repository.KafkaToPostgres(), settings, ["run"]);
        await process.WaitForLineAsync("the (pipeline|sink) is interrupted", TimeSpan.FromSeconds(60));
        var read = await UntilAsync(port, read => One(read, "penstock_interruptions_total") > 0);
        Assert.Contains("program=\"kafka-to-postgres\"", read["penstock_build_info"].Samples.Keys.Single(), StringComparison.Ordinal);
        Assert.Equal(1, read["penstock_state"].Samples["state=\"backing-off\""]);
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

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
