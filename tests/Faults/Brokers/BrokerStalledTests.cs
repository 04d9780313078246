using System.Globalization;
using System.Text.RegularExpressions;
using Penstock.EndToEnd;
using Penstock.Servers;
using Penstock.Servers.Histories;
using Xunit.Abstractions;

namespace Penstock.Faults.Brokers;

/// <summary>A broker that stands still under load: back-pressure holds the memory bound, Postgres is kept alive, nothing is lost (invariants 1 and 5).</summary>
public class BrokerStalledTests(ITestOutputHelper output)
{
    [KafkaFact]
    public async Task A_minute_without_the_broker_keeps_memory_bounded_and_loses_nothing()
    {
        // Ten seconds: a pipeline that is silent while Kafka stands still would lose its walsender five times in this test.
        await using var scene = await PipelineScene.CreateAsync(new PostgresServerOptions { Settings = new Dictionary<string, string> { ["wal_sender_timeout"] = "10s" } });
        await scene.PrepareJournalAsync();
        await scene.Postgres.ExecuteAsync("CREATE TABLE ballast (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.ballast");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] += ",public.ballast";
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var pipeline = await scene.StartStreamingAsync();
        double boundMb = double.Parse(
            (await pipeline.WaitForLineAsync("memory bound.*?([0-9.]+) MB", TimeSpan.FromSeconds(5))).Groups[1].Value, CultureInfo.InvariantCulture);
        string walsender = await WalsenderAsync(scene);

        var workload = new JournaledWorkload(scene.Postgres.ConnectionString(), FaultOptions.Seed);
        using var stop = new CancellationTokenSource();
        var load = workload.RunAsync(workers: 2, pauseMs: 10, stop.Token);
        await Task.Delay(2000);
        await scene.Kafka.PauseAsync();
        var paused = DateTime.UtcNow;
        // 400 MB of events, many times what all queues together may hold.
        await scene.Postgres.ExecuteAsync("INSERT INTO ballast (body) SELECT repeat(md5(i::text), 12) FROM generate_series(1, 400000) i");
        await Task.Delay(TimeSpan.FromSeconds(60) - (DateTime.UtcNow - paused));
        double peakMb = pipeline.PeakMemoryBytes / 1048576.0;
        Assert.True(walsender == await WalsenderAsync(scene), $"the walsender {walsender} is gone\n{pipeline.LastLines()}");
        await scene.Kafka.ContinueAsync();
        await stop.CancelAsync();
        await load;

        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(180)), pipeline.LastLines());
        double finalPeakMb = pipeline.PeakMemoryBytes / 1048576.0;
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(15)));
        var report = await scene.CompareHistoriesAsync();
        output.WriteRound(string.Create(CultureInfo.InvariantCulture, $"bound {boundMb:F1} MB, peak while stalled {peakMb:F1} MB, at the end {finalPeakMb:F1} MB; {report}"));
        Assert.True(report.IsClean, report.ToString());
        Assert.InRange(finalPeakMb, 1, boundMb);
        using var ballast = TopicReader.Of(scene.Kafka.Bootstrap, $"{scene.Name}.public.ballast");
        var ids = ballast.ReadToEnd(TimeSpan.FromSeconds(120)).Select(record => long.Parse(Regex.Match(record.KeyText!, "[0-9]+").Value, CultureInfo.InvariantCulture)).ToHashSet();
        Assert.Equal(400_000, ids.Count);
    }

    private static async Task<string> WalsenderAsync(PipelineScene scene) =>
        await scene.Postgres.ScalarAsync<string>($"SELECT active_pid::text FROM pg_replication_slots WHERE slot_name = '{scene.Name}'") ?? "no walsender";
}
