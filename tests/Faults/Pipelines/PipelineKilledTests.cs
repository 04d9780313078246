using System.Diagnostics;
using Penstock.EndToEnd;
using Penstock.Servers;
using Penstock.Servers.Histories;
using Xunit.Abstractions;

namespace Penstock.Faults.Pipelines;

/// <summary>kill -9 of the pipeline at random moments under load, and a restart: every committed change is in the topic, per key in order.</summary>
public class PipelineKilledTests(FaultFixture fixture, ITestOutputHelper output) : IClassFixture<FaultFixture>
{
    /// <summary>Pipelines killed side by side: each start is a second of one core.</summary>
    private const int MostLanes = 3;

    /// <summary>Rounds before everything is compared and a lane begins anew: the comparison holds all records of a lane in memory.</summary>
    private const int RoundsOfALane = 50;

    private int _round;

    [KafkaFact]
    public async Task Killed_at_random_moments_it_loses_and_reorders_nothing()
    {
        output.WriteRound($"seed {FaultOptions.Seed}, {FaultOptions.Rounds} rounds");
        var watch = Stopwatch.StartNew();
        int lanes = Math.Min(MostLanes, FaultOptions.Rounds);
        var results = await Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => KillAsync((FaultOptions.Rounds / lanes) + (lane < FaultOptions.Rounds % lanes ? 1 : 0))));
        var kills = results.SelectMany(result => result.Kills).GroupBy(kill => kill).OrderBy(kill => kill.Key).Select(kill => $"{kill.Count()} in {kill.Key}");
        output.WriteRound($"{FaultOptions.Rounds} kills in {watch.Elapsed.TotalSeconds:F0} s: {string.Join(", ", kills)}; {HistoryReport.Of([.. results.Select(result => result.Report)])}");
    }

    [KafkaFact]
    public async Task Killed_during_the_snapshot_it_starts_the_snapshot_again_and_leaves_no_slot_behind()
    {
        await using var lane = await fixture.LaneAsync();
        var scene = lane.Scene;
        using (var filling = new CancellationTokenSource(TimeSpan.FromSeconds(3)))
        {
            await lane.Workload.RunAsync(workers: 3, pauseMs: 0, filling.Token);
        }

        // Long enough that the kills fall into the copying.
        await scene.ExecuteAsync("CREATE TABLE aballast (id int PRIMARY KEY, body text); INSERT INTO aballast SELECT i, repeat('x', 400) FROM generate_series(1, 200000) i");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.aballast");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] += ",public.aballast";
        lane.Load(workers: 1, pauseMs: 200);
        int killedInSnapshot = 0;
        for (int round = 0; round < 4; round++)
        {
            await using var pipeline = scene.Start();
            await pipeline.WaitForLineAsync("msg=\"?snapshot", TimeSpan.FromSeconds(60));
            await Task.Delay(lane.Random.Next(0, 600));
            bool streaming = IsStreaming(pipeline);
            await pipeline.KillAsync();
            if (!streaming)
            {
                killedInSnapshot++;
                await AssertNoSlotAsync(scene);
            }
        }

        // The last attempt must be whole by itself: what the killed ones have left in the topics does not count.
        await lane.EndLoadAsync();
        var before = scene.ReadJournalTopics();
        await using var last = await scene.StartStreamingAsync();
        var report = await lane.FinishAsync(last, snapshot: true, before);
        output.WriteRound($"{killedInSnapshot} of 4 kills during the snapshot; {report}");
        Assert.True(killedInSnapshot > 0, "no kill fell into the snapshot");
    }

    private async Task<(List<string> Kills, HistoryReport Report)> KillAsync(int rounds)
    {
        var kills = new List<string>();
        var reports = new List<HistoryReport>();
        for (; rounds > 0; rounds -= RoundsOfALane)
        {
            reports.Add(await KillInLaneAsync(Math.Min(rounds, RoundsOfALane), kills));
        }

        return (kills, HistoryReport.Of(reports));
    }

    /// <summary>One lane's rounds: start, kill in the start, while streaming or in the orderly stop; then a whole run and the comparison.</summary>
    private async Task<HistoryReport> KillInLaneAsync(int rounds, List<string> kills)
    {
        await using var lane = await fixture.LaneAsync();
        await lane.MakeSlotAsync();
        lane.Load(workers: 2, pauseMs: 40);
        for (int round = 0; round < rounds; round++)
        {
            await using var pipeline = lane.Scene.Start();
            kills.Add(await KillAtRandomAsync(pipeline, lane.Random));
            output.WriteRound($"round {Interlocked.Increment(ref _round)} of {FaultOptions.Rounds}: {lane.Scene.Name} killed in {kills[^1]}, {lane.Workload.Committed} transactions so far", nameof(Killed_at_random_moments_it_loses_and_reorders_nothing));
        }

        var report = await lane.FinishAsync();
        output.WriteRound($"{lane.Scene.Name} after {rounds} rounds: {report}", nameof(Killed_at_random_moments_it_loses_and_reorders_nothing));
        return report;
    }

    private static async Task<string> KillAtRandomAsync(PipelineProcess pipeline, Random random)
    {
        string where = "the start";
        if (random.Next(4) == 0)
        {
            // From the first instructions of the process over the first connections to the first records.
            await Task.Delay(random.Next(30, 1200));
            where = IsStreaming(pipeline) ? "the stream" : where;
        }
        else
        {
            await pipeline.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60));
            await Task.Delay(random.Next(0, 700));
            where = "the stream";
            if (random.Next(4) == 0)
            {
                pipeline.TrySignal(Signal.Terminate);
                await Task.Delay(random.Next(0, 120));
                where = "the stop";
            }
        }

        await pipeline.KillAsync();
        return where;
    }

    private static bool IsStreaming(PipelineProcess pipeline) => pipeline.Lines.Any(line => line.Contains("msg=streaming", StringComparison.Ordinal));

    /// <summary>The server notices the dead connection and drops the temporary slot by itself.</summary>
    private static async Task AssertNoSlotAsync(PipelineScene scene)
    {
        var waited = Stopwatch.StartNew();
        while (await scene.ScalarAsync<long>("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()") > 0)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(20), "a slot is left behind by a killed snapshot");
            await Task.Delay(100);
        }
    }
}
