using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>Changes that are missing for ever are noticed, named, and dealt with as <c>on.gap</c> says; what is no gap is quiet.</summary>
public class GapTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    public static TheoryData<string, string, string> Meddlings => new()
    {
        { "SELECT pg_drop_replication_slot('{0}')", "slot-gone", "is gone since" },
        { "SELECT pg_drop_replication_slot('{0}'); SELECT pg_create_logical_replication_slot('{0}', 'pgoutput')", "slot-ahead", "dropped and made anew, or moved" },
        { "SELECT pg_replication_slot_advance('{0}', pg_current_wal_lsn())", "slot-ahead", "dropped and made anew, or moved" },
        { "UPDATE penstock.pipeline SET system_identifier = '1'", "other-server", "on another server" },
        { "UPDATE penstock.pipeline SET confirmed_lsn = 'FFFF/0'", "server-behind", "restored from a backup" },
    };

    [KafkaTheory]
    [MemberData(nameof(Meddlings))]
    public async Task A_gap_ends_the_pipeline_unless_told_otherwise_and_continue_says_it_in_a_record(string meddling, string kind, string words)
    {
        var pipeline = await RunOnceAsync("no_data");
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (2, 'never seen')");
        await pipeline.ExecuteAsync(string.Format(null, meddling, pipeline.Name));

        var (exitCode, output) = await pipeline.RunToEndAsync();
        Assert.Equal(3, exitCode);
        Assert.Contains(words, output, StringComparison.Ordinal);
        Assert.Matches("[0-9A-F]+/[0-9A-F]+", output);
        Assert.Contains("PENSTOCK_ON_GAP=continue", output, StringComparison.Ordinal);

        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.gaps");
        pipeline.With("PENSTOCK_ON_GAP", "continue").With("PENSTOCK_GAP_TOPIC", $"{pipeline.Name}.gaps");
        await using (var going = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (3, 'seen')");
            await EventuallyAsync(() => Task.FromResult(pipeline.ReadToEnd().Any(r => r.KeyText == "{\"id\":3}")));
            Assert.Equal(0, await going.StopAsync(StopLimit));
        }

        using (var gaps = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, $"{pipeline.Name}.gaps"))
        {
            var told = Assert.Single(gaps.ReadToEnd(TimeSpan.FromSeconds(20)));
            Assert.Equal($$"""{"serverName":"{{pipeline.Name}}"}""", told.KeyText);
            var gap = JsonDocument.Parse(told.ValueText!).RootElement.GetProperty("gap");
            Assert.Equal((kind, pipeline.Name), (gap.GetProperty("kind").GetString(), gap.GetProperty("slot").GetString()));
            Assert.True(gap.GetProperty("from_lsn").GetUInt64() > 0);
        }

        // Said once: the next start goes on quietly, with the default policy too.
        pipeline.Settings.Remove("PENSTOCK_ON_GAP");
        await using var later = await pipeline.StartStreamingAsync();
        Assert.Equal(0, await later.StopAsync(StopLimit));
        Assert.DoesNotContain(later.Lines, line => line.Contains("gap:", StringComparison.Ordinal) || line.Contains("level=error", StringComparison.Ordinal));
        Assert.Equal(1, await pipeline.ScalarAsync<int>("SELECT gaps FROM penstock.pipeline"));
    }

    [KafkaFact]
    public async Task Resnapshot_reads_the_tables_again()
    {
        var pipeline = await RunOnceAsync("initial");
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (2, 'while the slot was away')");
        await pipeline.ExecuteAsync($"SELECT pg_drop_replication_slot('{pipeline.Name}')");
        pipeline.With("PENSTOCK_ON_GAP", "resnapshot");
        await using (var again = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (3, 'after it')");
            await EventuallyAsync(() => Task.FromResult(pipeline.ReadToEnd().Any(r => r.KeyText == "{\"id\":3}")));
            Assert.Contains(again.Lines, line => line.Contains("level=error", StringComparison.Ordinal) && line.Contains("is gone since", StringComparison.Ordinal));
            Assert.Equal(0, await again.StopAsync(StopLimit));
        }

        Assert.Equal(["{\"id\":1} c", "{\"id\":1} r", "{\"id\":2} r", "{\"id\":3} c"], pipeline.ReadToEnd().Select(r => $"{r.KeyText} {r.Operation()}").Order(StringComparer.Ordinal));
    }

    [KafkaFact]
    public async Task A_slot_whose_log_was_removed_is_noticed_and_replaced_where_the_policy_says_so()
    {
        await using var scene = await PipelineScene.CreateAsync(new PostgresServerOptions
        {
            Settings = new Dictionary<string, string> { ["max_slot_wal_keep_size"] = "16MB", ["wal_keep_size"] = "0", ["min_wal_size"] = "32MB", ["max_wal_size"] = "64MB" },
        });
        await scene.Postgres.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY, v text)");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.a");
        await scene.Kafka.CreateTopicAsync($"__debezium-heartbeat.{scene.Name}");
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using (var first = await scene.StartStreamingAsync())
        {
            Assert.Equal(0, await first.StopAsync(StopLimit));
        }

        for (int round = 0; round < 8; round++)
        {
            await scene.Postgres.ExecuteAsync("INSERT INTO a SELECT g, 'x' FROM generate_series(1, 20000) g ON CONFLICT (id) DO UPDATE SET v = excluded.v");
            await scene.Postgres.ExecuteAsync("SELECT pg_switch_wal()");
            await scene.Postgres.ExecuteAsync("CHECKPOINT");
        }

        Assert.Equal("lost", await scene.Postgres.ScalarAsync<string>("SELECT wal_status FROM pg_replication_slots"));
        await using (var refused = scene.Start())
        {
            Assert.Equal(3, await refused.WaitForExitAsync(TimeSpan.FromSeconds(60)));
            Assert.Contains(refused.Lines, line => line.Contains("is lost", StringComparison.Ordinal));
        }

        scene.Settings["PENSTOCK_ON_GAP"] = "continue";
        await using var going = await scene.StartStreamingAsync();
        await scene.Postgres.ExecuteAsync("DELETE FROM a WHERE id = 1");
        using var topic = TopicReader.Of(scene.Kafka.Bootstrap, $"{scene.Name}.public.a");
        Assert.Equal("{\"id\":1}", topic.Read(1, TimeSpan.FromSeconds(20)).Single().KeyText);
        Assert.Equal(0, await going.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task A_server_restored_from_a_backup_is_recognised()
    {
        await using var scene = await PipelineScene.CreateAsync();
        await scene.Postgres.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.a");
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await StreamOneAsync(scene, 1);
        await scene.Postgres.StopAsync();
        string backup = scene.Postgres.DataFolder + ".backup";
        await Command.RunAsync(["cp", "-a", scene.Postgres.DataFolder, backup], TimeSpan.FromSeconds(60));
        await scene.Postgres.StartAsync();
        await StreamOneAsync(scene, 2);
        await scene.Postgres.StopAsync();
        Directory.Delete(scene.Postgres.DataFolder, recursive: true);
        Directory.Move(backup, scene.Postgres.DataFolder);
        // A base backup has no slots (protocol page "BASE_BACKUP").
        foreach (string slot in Directory.GetDirectories(Path.Combine(scene.Postgres.DataFolder, "pg_replslot")))
        {
            Directory.Delete(slot, recursive: true);
        }

        await scene.Postgres.StartAsync();
        await using var refused = scene.Start();
        Assert.Equal(3, await refused.WaitForExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains(refused.Lines, line => line.Contains("is gone since", StringComparison.Ordinal));
    }

    [KafkaFact]
    public async Task Two_processes_work_in_turn_and_the_second_takes_over_within_five_seconds_and_is_quiet_until_then()
    {
        var pipeline = await RunOnceAsync("no_data");
        await using var first = await pipeline.StartStreamingAsync();
        await using var second = pipeline.Start();
        await second.WaitForLineAsync("standby: ", TimeSpan.FromSeconds(30));
        await Task.Delay(5000);
        // The reason and the state, each once, however often it has looked.
        Assert.Single(second.Lines, line => line.Contains("standby: ", StringComparison.Ordinal));
        Assert.Equal(2, second.Lines.Count(line => line.Contains("standby", StringComparison.Ordinal)));
        Assert.DoesNotContain(second.Lines, line => Regex.IsMatch(line, "level=(warn|error|fatal)"));
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (50, 'by the first')");
        await first.KillAsync();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (51, 'by the second')");
        await second.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(30));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"the second took over after {watch.Elapsed}");
        await EventuallyAsync(() => Task.FromResult(pipeline.ReadToEnd().Any(r => r.KeyText == "{\"id\":51}")));
        Assert.Contains(pipeline.ReadToEnd(), r => r.KeyText == "{\"id\":50}");
        Assert.Equal(0, await second.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task An_idle_database_is_written_to_ever_more_seldom()
    {
        var pipeline = await RunOnceAsync("no_data");
        await using var process = await pipeline.StartStreamingAsync();
        await Task.Delay(TimeSpan.FromSeconds(20));
        long writes = await pipeline.ScalarAsync<long>("SELECT n_tup_upd FROM pg_stat_all_tables WHERE relname = 'pipeline'");
        Assert.InRange(writes, 0, 12);
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task Without_the_right_to_keep_state_it_goes_on_with_a_warning_of_the_cost_unless_state_is_asked_for()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        string role = $"least_{pipeline.Name}";
        await pipeline.ExecuteAsync($"CREATE ROLE {role} LOGIN REPLICATION; GRANT SELECT ON a TO {role}; CREATE PUBLICATION {pipeline.Name} FOR TABLE a");
        pipeline.With("DATABASE_URL", fixture.Scene.Postgres.Url(pipeline.Name, role)).With("PENSTOCK_PUBLICATION_AUTOCREATE_MODE", "disabled");
        var (checkedCode, output) = await pipeline.RunToEndAsync("check");
        Assert.Equal(0, checkedCode);
        Assert.Matches("WARN user .* goes on without state.* changes can then be missing without a word.* CREATE SCHEMA penstock AUTHORIZATION", output);

        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 'seen')");
            await EventuallyAsync(() => Task.FromResult(pipeline.ReadToEnd().Any(r => r.KeyText == "{\"id\":1}")));
            Assert.Equal(0, await process.StopAsync(StopLimit));
            Assert.Single(process.Lines, line => line.Contains("level=warn", StringComparison.Ordinal) && line.Contains("goes on without state", StringComparison.Ordinal));
        }

        pipeline.With("PENSTOCK_STATE", "schema");
        (int exitCode, output) = await pipeline.RunToEndAsync();
        Assert.Equal(3, exitCode);
        Assert.Contains("which PENSTOCK_STATE=schema asks for", output, StringComparison.Ordinal);
    }

    private async Task<TestPipeline> RunOnceAsync(string snapshotMode)
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", snapshotMode);
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 'seen')");
        await EventuallyAsync(() => Task.FromResult(pipeline.ReadToEnd().Any(r => r.KeyText == "{\"id\":1}")));
        Assert.Equal(0, await process.StopAsync(StopLimit));
        return pipeline;
    }

    private static async Task StreamOneAsync(PipelineScene scene, int id)
    {
        await using var process = await scene.StartStreamingAsync();
        await scene.Postgres.ExecuteAsync($"INSERT INTO a VALUES ({id})");
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(30)), process.LastLines());
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var until = DateTime.UtcNow.AddSeconds(20); DateTime.UtcNow < until; await Task.Delay(200))
        {
            if (await condition())
            {
                return;
            }
        }

        Assert.Fail("the condition did not come true within 20 s");
    }
}
