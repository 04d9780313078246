using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Penstock.EndToEnd;
using Penstock.Servers;
using Xunit.Abstractions;

namespace Penstock.Faults.Brokers;

/// <summary>What administrators do to topics while the pipeline runs.</summary>
public class TopicFaultTests(FaultFixture fixture, ITestOutputHelper output) : IClassFixture<FaultFixture>
{
    [KafkaFact]
    public async Task A_topic_that_gets_more_partitions_while_it_runs_keeps_its_order_over_interruptions_and_it_is_said()
    {
        await using var lane = await fixture.LaneAsync();
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        string topic = $"{lane.Scene.Name}.public.account";
        lane.Settings["PENSTOCK_KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS"] = "1000";
        await using var pipeline = await lane.Scene.StartStreamingAsync();
        lane.Load();
        await Task.Delay(1500);
        using (var admin = new AdminClientBuilder(fixture.Servers.Kafka.AdminSettings()).Build())
        {
            await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = 8 }]);
        }

        await pipeline.WaitForLineAsync($"level=warn .*topic '{topic}' has 8 partitions now: the pipeline goes on with the 3 that it had at the start", TimeSpan.FromSeconds(30));
        // A run that is tried again is not a new start.
        await lane.Scene.ExecuteAsync($"SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '{lane.Scene.Name}'");
        await pipeline.WaitForLineAsync("msg=\"?over: the pipeline is interrupted", TimeSpan.FromSeconds(60));
        await Task.Delay(3000);
        output.WriteRound((await lane.FinishAsync(pipeline)).ToString());
        Assert.Single(pipeline.Lines, line => line.Contains("has 8 partitions now", StringComparison.Ordinal));
        // Keys of what was produced by this process stay in the partitions they had.
        Assert.All(lane.Scene.ReadJournalTopics().Where(record => record.Topic == topic), record => Assert.InRange(record.Partition, 0, 2));
    }

    [KafkaFact]
    public async Task A_topic_that_gets_more_partitions_while_no_process_runs_is_said_at_the_next_start_once()
    {
        await using var lane = await fixture.LaneAsync();
        await lane.MakeSlotAsync();
        string topic = $"{lane.Scene.Name}.public.account";
        using (var admin = new AdminClientBuilder(fixture.Servers.Kafka.AdminSettings()).Build())
        {
            await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = 8 }]);
        }

        await Task.Delay(2000);
        for (int start = 1; start <= 2; start++)
        {
            await using var pipeline = await lane.Scene.StartStreamingAsync();
            Assert.Equal(start == 1 ? 1 : 0, pipeline.Lines.Count(line => line.Contains($"level=warn msg=\"topic '{topic}' has 8 partitions, and had 3 when the pipeline last ran", StringComparison.Ordinal)));
            Assert.Equal(start == 1 ? 1 : 0, pipeline.Lines.Count(line => line.Contains("when the pipeline last ran", StringComparison.Ordinal)));
            Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
        }
    }

    [KafkaFact]
    public async Task A_topic_that_is_deleted_while_it_runs_is_reported_and_written_again_when_it_is_back()
    {
        await using var lane = await fixture.LaneAsync();
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        lane.Settings["PENSTOCK_KAFKA_MESSAGE_TIMEOUT_MS"] = "20000";
        lane.Settings["PENSTOCK_KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS"] = "1000";
        var scene = lane.Scene;
        string topic = $"{scene.Name}.public.item";
        await using var pipeline = await scene.StartStreamingAsync();
        await scene.ExecuteAsync("INSERT INTO item (id, version) VALUES (1, 1)");
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(30)), pipeline.LastLines());
        using (var admin = new AdminClientBuilder(fixture.Servers.Kafka.AdminSettings()).Build())
        {
            await admin.DeleteTopicsAsync([topic]);
        }

        await Task.Delay(1000);
        await scene.ExecuteAsync("INSERT INTO item (id, version) VALUES (2, 1)");
        // By the watch, or by the record that was refused, whichever is first.
        await pipeline.WaitForLineAsync($"level=warn .*topic '{topic}'( is gone: records for it wait|.* the topic, or this partition of it, is gone: create it again)", TimeSpan.FromSeconds(60));
        // Neither lost nor confirmed.
        Assert.False(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(2)));
        await scene.Kafka.CreateTopicAsync(topic, 3);
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(60)), pipeline.LastLines());
        using var reader = TopicReader.Of(scene.Kafka.Bootstrap, topic);
        Assert.Contains("{\"kind\":\"k\",\"id\":2}", reader.ReadToEnd(TimeSpan.FromSeconds(30)).Select(record => record.KeyText));
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
    }

    [KafkaFact]
    public async Task A_topic_that_takes_less_than_the_record_limit_ends_it_with_the_reason_and_goes_on_by_the_policy_once_the_limit_is_right()
    {
        await using var lane = await fixture.LaneAsync();
        var scene = lane.Scene;
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        string topic = $"{scene.Name}.public.memo";
        await scene.ExecuteAsync("CREATE TABLE memo (id int PRIMARY KEY, note text)");
        await scene.Kafka.CreateTopicAsync(topic, settings: new Dictionary<string, string> { ["max.message.bytes"] = "10000" });
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.memo";
        await using (var pipeline = await scene.StartStreamingAsync())
        {
            await scene.ExecuteAsync("INSERT INTO memo VALUES (1, '')");
            Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(30)), pipeline.LastLines());
            await scene.ExecuteAsync("INSERT INTO memo VALUES (2, repeat('secret', 4000))");
            await scene.ExecuteAsync("INSERT INTO memo VALUES (3, '')");
            Assert.Equal(1, await pipeline.WaitForExitAsync(TimeSpan.FromSeconds(60)));
            Assert.Contains(pipeline.Lines, line => line.Contains("level=error", StringComparison.Ordinal) && line.Contains(topic, StringComparison.Ordinal) && line.Contains("max.message.bytes", StringComparison.Ordinal));
            // One of the changes from ... to ...
            Assert.Contains(pipeline.Lines, line => line.Contains("(position ", StringComparison.Ordinal));
            Assert.DoesNotContain(pipeline.Lines, line => line.Contains("secretsecret", StringComparison.Ordinal));
        }

        // What the message says.
        lane.Settings["PENSTOCK_MAX_RECORD_BYTES"] = "10000";
        lane.Settings["PENSTOCK_ON_OVERSIZE"] = "skip";
        await using var again = await scene.StartStreamingAsync();
        await again.WaitForLineAsync("left out: record of 2[0-9]+ bytes", TimeSpan.FromSeconds(30));
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(30)), again.LastLines());
        Assert.Equal(0, await again.StopAsync(TimeSpan.FromSeconds(20)));
        using var reader = TopicReader.Of(scene.Kafka.Bootstrap, topic);
        Assert.Equal(["{\"id\":1}", "{\"id\":3}"], reader.ReadToEnd(TimeSpan.FromSeconds(30)).Select(record => record.KeyText).Distinct());
    }

    [KafkaFact]
    public async Task A_right_to_write_that_is_revoked_while_it_runs_ends_it_with_the_reason_and_nothing_is_lost()
    {
        await using var kafka = await KafkaCluster.CreateAsync(new KafkaClusterOptions { Heroku = true });
        await using var lane = await fixture.LaneAsync();
        var scene = lane.Scene;
        string prefix = kafka.Environment["KAFKA_PREFIX"];
        lane.Settings.Remove("KAFKA_URL");
        foreach (var (name, value) in kafka.Environment)
        {
            lane.Settings[name] = value;
        }

        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        lane.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.account";
        string topic = $"{prefix}{scene.Name}.public.account";
        await kafka.CreateTopicAsync(topic);
        await using (var pipeline = await scene.StartStreamingAsync())
        {
            await scene.ExecuteAsync("INSERT INTO account (id, version) VALUES (1, 1)");
            Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(30)), pipeline.LastLines());
            await ChangeRightAsync(kafka, topic, allowed: false);
            await scene.ExecuteAsync("INSERT INTO account (id, version) VALUES (2, 1)");
            Assert.NotEqual(0, await pipeline.WaitForExitAsync(TimeSpan.FromSeconds(60)));
            Assert.Contains(pipeline.Lines, line => line.Contains("level=error", StringComparison.Ordinal) && line.Contains(topic, StringComparison.Ordinal) && line.Contains("right", StringComparison.Ordinal));
        }

        await ChangeRightAsync(kafka, topic, allowed: true);
        await using var again = await scene.StartStreamingAsync();
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(30)), again.LastLines());
        Assert.Equal(0, await again.StopAsync(TimeSpan.FromSeconds(20)));
        using var reader = new TopicReader(kafka.AdminSettings(), name => name == topic);
        Assert.Equal(["{\"id\":1}", "{\"id\":2}"], reader.ReadToEnd(TimeSpan.FromSeconds(30)).Select(record => record.KeyText).Distinct());
    }

    /// <summary>A denial for one topic, which wins over what is granted to the prefix; or its removal.</summary>
    private static async Task ChangeRightAsync(KafkaCluster kafka, string topic, bool allowed)
    {
        using var admin = new AdminClientBuilder(kafka.AdminSettings()).Build();
        var pattern = new ResourcePattern { Type = ResourceType.Topic, Name = topic, ResourcePatternType = ResourcePatternType.Literal };
        if (allowed)
        {
            await admin.DeleteAclsAsync([new AclBindingFilter
            {
                PatternFilter = new ResourcePatternFilter { Type = pattern.Type, Name = topic, ResourcePatternType = ResourcePatternType.Literal },
                EntryFilter = new AccessControlEntryFilter { Operation = AclOperation.Write, PermissionType = AclPermissionType.Deny },
            }]);
        }
        else
        {
            await admin.CreateAclsAsync([new AclBinding
            {
                Pattern = pattern,
                Entry = new AccessControlEntry { Principal = "User:app", Host = "*", Operation = AclOperation.Write, PermissionType = AclPermissionType.Deny },
            }]);
        }

        // The broker applies what the controller has written in its own time.
        await Task.Delay(1500);
    }
}
