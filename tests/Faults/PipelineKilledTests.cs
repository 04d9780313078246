using System.Diagnostics;
using Penstock.EndToEnd;
using Penstock.Servers;
using Penstock.Servers.Histories;
using Xunit.Abstractions;

namespace Penstock.Faults;

/// <summary>kill -9 of the pipeline at random moments under load, and a restart: every committed change is in the topic, per key in order.</summary>
public class PipelineKilledTests(ITestOutputHelper output)
{
    [KafkaFact]
    public async Task Killed_at_random_moments_it_loses_and_reorders_nothing()
    {
        var random = new Random(FaultOptions.Seed);
        output.WriteLine($"seed {FaultOptions.Seed}, rounds {FaultOptions.Rounds}");
        await using var scene = await PipelineScene.CreateAsync();
        await scene.PrepareJournalAsync();
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        // The first start makes the slot; from then on every change must arrive.
        await using (var first = await scene.StartStreamingAsync())
        {
            Assert.Equal(0, await first.StopAsync(TimeSpan.FromSeconds(15)));
        }

        var workload = new JournaledWorkload(scene.Postgres.ConnectionString(), FaultOptions.Seed);
        using var stop = new CancellationTokenSource();
        var load = workload.RunAsync(workers: 3, pauseMs: 20, stop.Token);
        int killedWhileStreaming = 0;
        for (int round = 0; round < FaultOptions.Rounds; round++)
        {
            await using var pipeline = scene.Start();
            // Anything from the first instructions of the process to some seconds of streaming.
            await Task.Delay(random.Next(50, 3500));
            killedWhileStreaming += pipeline.Lines.Any(line => line.Contains("msg=streaming", StringComparison.Ordinal)) ? 1 : 0;
            await pipeline.KillAsync();
        }

        await stop.CancelAsync();
        await load;
        await FinishAsync(scene, workload, snapshot: false, killedWhileStreaming);
    }

    [KafkaFact]
    public async Task Killed_during_the_snapshot_it_starts_the_snapshot_again_and_leaves_no_slot_behind()
    {
        var random = new Random(FaultOptions.Seed + 1);
        await using var scene = await PipelineScene.CreateAsync();
        await scene.PrepareJournalAsync();
        var workload = new JournaledWorkload(scene.Postgres.ConnectionString(), FaultOptions.Seed);
        using (var filling = new CancellationTokenSource(TimeSpan.FromSeconds(3)))
        {
            await workload.RunAsync(workers: 3, pauseMs: 0, filling.Token);
        }

        // Long enough that the kills fall into the copying.
        await scene.Postgres.ExecuteAsync("CREATE TABLE ballast (id int PRIMARY KEY, body text); INSERT INTO ballast SELECT i, repeat('x', 400) FROM generate_series(1, 300000) i");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] += ",public.ballast";
        using var stop = new CancellationTokenSource();
        var load = workload.RunAsync(workers: 2, pauseMs: 50, stop.Token);
        int killedInSnapshot = 0;
        for (int round = 0; round < 4; round++)
        {
            await using var pipeline = scene.Start();
            await pipeline.WaitForLineAsync("msg=\"?snapshot", TimeSpan.FromSeconds(60));
            await Task.Delay(random.Next(0, 600));
            bool streaming = pipeline.Lines.Any(line => line.Contains("msg=streaming", StringComparison.Ordinal));
            await pipeline.KillAsync();
            if (!streaming)
            {
                killedInSnapshot++;
                await AssertNoSlotAsync(scene);
            }
        }

        // The last attempt must be whole by itself: what the killed ones have left in the topics does not count.
        var before = scene.ReadJournalTopics();
        await using (var last = await scene.StartStreamingAsync())
        {
            await stop.CancelAsync();
            await load;
            Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(60)), last.LastLines());
            Assert.Equal(0, await last.StopAsync(TimeSpan.FromSeconds(15)));
        }

        var report = await scene.CompareHistoriesAsync(snapshot: true, before);
        output.WriteLine($"{killedInSnapshot} of 4 kills during the snapshot; {report}");
        Assert.True(report.IsClean, report.ToString());
        Assert.True(killedInSnapshot > 0, "no kill fell into the snapshot");
    }

    private async Task FinishAsync(PipelineScene scene, JournaledWorkload workload, bool snapshot, int killedWhileStreaming)
    {
        await using var last = await scene.StartStreamingAsync();
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(120)), last.LastLines());
        Assert.Equal(0, await last.StopAsync(TimeSpan.FromSeconds(15)));
        var report = await scene.CompareHistoriesAsync(snapshot);
        output.WriteLine($"{workload.Committed} transactions, {killedWhileStreaming} of {FaultOptions.Rounds} kills while streaming; {report}");
        Assert.True(report.IsClean, report.ToString());
        Assert.True(report.Changes > 0, "the workload committed nothing");
    }

    /// <summary>The server notices the dead connection and drops the temporary slot by itself.</summary>
    private static async Task AssertNoSlotAsync(PipelineScene scene)
    {
        var waited = Stopwatch.StartNew();
        while (await scene.Postgres.ScalarAsync<long>("SELECT count(*) FROM pg_replication_slots") > 0)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(20), "a slot is left behind by a killed snapshot");
            await Task.Delay(100);
        }
    }
}
