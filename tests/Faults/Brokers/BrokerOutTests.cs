using Penstock.EndToEnd;
using Penstock.Servers;
using Xunit.Abstractions;

namespace Penstock.Faults.Brokers;

/// <summary>Brokers that are away for a long time, in several ways.</summary>
public class BrokerOutTests(ITestOutputHelper output)
{
    [KafkaFact]
    public async Task Paused_for_longer_than_every_timeout()
    {
        await using var scene = await PipelineScene.CreateAsync();
        await using var lane = await LaneAsync(scene);
        lane.Settings["PENSTOCK_KAFKA_MESSAGE_TIMEOUT_MS"] = "4000";
        lane.Settings["PENSTOCK_KAFKA_SOCKET_TIMEOUT_MS"] = "3000";
        lane.Settings["PENSTOCK_KAFKA_REQUEST_TIMEOUT_MS"] = "3000";
        await using var pipeline = await scene.StartStreamingAsync();
        lane.Load();
        await Task.Delay(1500);
        await scene.Kafka.PauseAsync();
        await Task.Delay(15_000);
        await scene.Kafka.ContinueAsync();
        await pipeline.WaitForLineAsync("msg=\"over: the pipeline is interrupted", TimeSpan.FromSeconds(60));
        output.WriteRound((await lane.FinishAsync(pipeline)).ToString());
    }

    [KafkaFact]
    public async Task All_brokers_out()
    {
        await using var scene = await PipelineScene.CreateAsync();
        await using var lane = await LaneAsync(scene);
        await using var pipeline = await scene.StartStreamingAsync();
        lane.Load();
        await Task.Delay(1500);
        await scene.Kafka.KillAsync();
        await Task.Delay(FaultOptions.Outage);
        await scene.Kafka.StartAsync();
        await pipeline.WaitForLineAsync("Kafka answers again|over: ", TimeSpan.FromSeconds(120));
        output.WriteRound($"{FaultOptions.Outage.TotalSeconds:F0} s out; {await lane.FinishAsync(pipeline)}");
    }

    [KafkaFact]
    public async Task One_of_three_out_for_the_whole_run()
    {
        await using var scene = await PipelineScene.CreateAsync(kafka: new KafkaClusterOptions { Brokers = 3 });
        await using var lane = await LaneAsync(scene);
        await scene.Kafka.KillAsync(2);
        await using var pipeline = await scene.StartStreamingAsync();
        lane.Load();
        await Task.Delay(5000);
        output.WriteRound((await lane.FinishAsync(pipeline)).ToString());
    }

    [DiskFact]
    public async Task A_full_disk_and_more_room_later()
    {
        await using var scene = await PipelineScene.CreateAsync(kafka: new KafkaClusterOptions { DiskMb = 80 });
        await using var lane = await LaneAsync(scene);
        await scene.ExecuteAsync("CREATE TABLE bulk (id bigint PRIMARY KEY, body text)");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.bulk");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] += ",public.bulk";
        await using var pipeline = await scene.StartStreamingAsync();
        lane.Load();
        await scene.ExecuteAsync("INSERT INTO bulk SELECT i, repeat(md5(i::text), 30) FROM generate_series(1, 150000) i");
        // A broker whose only disk is full gives up.
        await pipeline.WaitForLineAsync("level=warn msg=\"?(Kafka|the pipeline is interrupted)", TimeSpan.FromSeconds(60));
        await Task.Delay(3000);
        await scene.Kafka.EnlargeDiskAsync(1000);
        await scene.Kafka.KillAsync();
        await scene.Kafka.StartAsync();
        output.WriteRound((await lane.FinishAsync(pipeline)).ToString());
        using var reader = TopicReader.Of(scene.Kafka.Bootstrap, $"{scene.Name}.public.bulk");
        Assert.Equal(150_000, reader.ReadToEnd(TimeSpan.FromSeconds(120)).Select(record => record.KeyText).Distinct().Count());
    }

    private static async Task<Lane> LaneAsync(PipelineScene scene)
    {
        await scene.PrepareJournalAsync();
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        scene.Settings["PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS"] = "1000";
        return new Lane(scene, FaultOptions.Seed);
    }
}
