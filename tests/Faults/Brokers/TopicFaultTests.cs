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
    public async Task A_topic_that_gets_more_partitions_while_it_runs_keeps_its_order_until_the_next_start_and_says_so_then()
    {
        await using var lane = await fixture.LaneAsync();
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        string topic = $"{lane.Scene.Name}.public.account";
        await using var pipeline = await lane.Scene.StartStreamingAsync();
        lane.Load();
        await Task.Delay(1500);
        using (var admin = new AdminClientBuilder(fixture.Servers.Kafka.AdminSettings()).Build())
        {
            await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = 8 }]);
        }

        await Task.Delay(3000);
        output.WriteLine((await lane.FinishAsync(pipeline)).ToString());
        // Keys of what was produced in this run stay in the partitions they had.
        Assert.All(lane.Scene.ReadJournalTopics().Where(record => record.Topic == topic), record => Assert.InRange(record.Partition, 0, 2));
    }

    [KafkaFact]
    public async Task A_topic_that_is_deleted_while_it_runs_is_reported_and_written_again_when_it_is_back()
    {
        await using var lane = await fixture.LaneAsync();
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        lane.Settings["PENSTOCK_KAFKA_MESSAGE_TIMEOUT_MS"] = "20000";
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
        await pipeline.WaitForLineAsync($"level=warn .*{topic}", TimeSpan.FromSeconds(60));
        // Neither lost nor confirmed.
        Assert.False(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(2)));
        await scene.Kafka.CreateTopicAsync(topic, 3);
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(60)), pipeline.LastLines());
        using var reader = TopicReader.Of(scene.Kafka.Bootstrap, topic);
        Assert.Contains("{\"kind\":\"k\",\"id\":2}", reader.ReadToEnd(TimeSpan.FromSeconds(30)).Select(record => record.KeyText));
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
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
