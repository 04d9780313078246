using System.Diagnostics;
using Penstock.EndToEnd;
using Penstock.Servers;
using Penstock.Servers.Histories;
using Xunit.Abstractions;

namespace Penstock.Faults.Brokers;

/// <summary>Brokers that die, leaders that move, and stops while no broker answers.</summary>
public class BrokerLostTests(ITestOutputHelper output)
{
    [KafkaFact]
    public async Task Leaders_move_among_three_brokers_and_order_holds()
    {
        var random = new Random(FaultOptions.Seed + 2);
        await using var scene = await PipelineScene.CreateAsync(kafka: new KafkaClusterOptions { Brokers = 3 });
        await scene.PrepareJournalAsync(partitions: 6);
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var pipeline = await scene.StartStreamingAsync();
        var workload = new JournaledWorkload(scene.Postgres.ConnectionString(), FaultOptions.Seed);
        using var stop = new CancellationTokenSource();
        var load = workload.RunAsync(workers: 2, pauseMs: 20, stop.Token);
        for (int round = 0; round < 3; round++)
        {
            await Task.Delay(2000);
            int broker = random.Next(1, 4);
            await scene.Kafka.KillAsync(broker);
            await Task.Delay(3000);
            await scene.Kafka.StartAsync();
        }

        await stop.CancelAsync();
        await load;
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(120)), pipeline.LastLines());
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(15)));
        var report = await scene.CompareHistoriesAsync();
        output.WriteRound(report.ToString());
        Assert.True(report.IsClean, report.ToString());
    }

    [KafkaFact]
    public async Task Without_a_broker_a_stop_takes_less_than_ten_seconds_and_a_second_signal_ends_at_once()
    {
        await using var scene = await PipelineScene.CreateAsync();
        await scene.PrepareJournalAsync();
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using (var first = await scene.StartStreamingAsync())
        {
            await scene.Kafka.PauseAsync();
            await scene.Postgres.ExecuteAsync("INSERT INTO account (id, version) VALUES (1, 1); INSERT INTO journal (tbl, key, version, op) VALUES ('account', 1, 1, 'c')");
            await Task.Delay(1000);
            var watch = Stopwatch.StartNew();
            Assert.Equal(0, await first.StopAsync(TimeSpan.FromSeconds(12)));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"the stop took {watch.Elapsed}");
        }

        await scene.Kafka.ContinueAsync();
        await using (var second = await scene.StartStreamingAsync())
        {
            await scene.Kafka.PauseAsync();
            await scene.Postgres.ExecuteAsync("UPDATE account SET version = 2; INSERT INTO journal (tbl, key, version, op) VALUES ('account', 1, 2, 'u')");
            await Task.Delay(1000);
            second.TrySignal(Signal.Terminate);
            await Task.Delay(1500);
            var watch = Stopwatch.StartNew();
            second.TrySignal(Signal.Terminate);
            Assert.Equal(143, await second.WaitForExitAsync(TimeSpan.FromSeconds(5)));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(3), $"the second signal took {watch.Elapsed}");
        }

        await scene.Kafka.ContinueAsync();
        await using var last = await scene.StartStreamingAsync();
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(60)), last.LastLines());
        Assert.Equal(0, await last.StopAsync(TimeSpan.FromSeconds(15)));
        var report = await scene.CompareHistoriesAsync();
        Assert.True(report.IsClean, report.ToString());
        Assert.Equal(2, report.Changes);
    }
}
