using Penstock.EndToEnd;
using Penstock.Servers;
using Penstock.Servers.Histories;
using Xunit.Abstractions;

namespace Penstock.Faults.Servers;

/// <summary>kill -9 of Postgres under load: crash recovery, reconnection, nothing lost.</summary>
public class ServerKilledTests(ITestOutputHelper output)
{
    [KafkaFact]
    public async Task Killed_and_started_again_it_is_found_again()
    {
        // Flushed commits survive the kill of every process: what the journal says after recovery is what must be in the topics.
        await using var scene = await PipelineScene.CreateAsync();
        await scene.PrepareJournalAsync();
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        scene.Settings["PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS"] = "1000";
        await using var pipeline = await scene.StartStreamingAsync();
        var workload = new JournaledWorkload(scene.Postgres.ConnectionString(), FaultOptions.Seed);
        using var stop = new CancellationTokenSource();
        var load = workload.RunAsync(workers: 2, pauseMs: 20, stop.Token);
        for (int round = 0; round < 3; round++)
        {
            await Task.Delay(2500);
            await scene.Postgres.KillAsync();
            await scene.Postgres.StartAsync();
        }

        await Task.Delay(2000);
        await stop.CancelAsync();
        await load;
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(60)), pipeline.LastLines());
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(15)));
        var report = await scene.CompareHistoriesAsync();
        output.WriteLine(report.ToString());
        Assert.True(report.IsClean, report.ToString());
    }
}
