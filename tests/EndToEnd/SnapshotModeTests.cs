using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>When and of what a snapshot is read (<c>snapshot.*</c>), through the whole pipeline.</summary>
public class SnapshotModeTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private const string OneRow = "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'x')";

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    [KafkaFact]
    public async Task Always_reads_the_tables_at_every_start_but_not_after_a_failure_that_passed()
    {
        var pipeline = await fixture.PrepareAsync(OneRow, "public.a");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "always").With("PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS", "500");
        await using (var first = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (2, 'y')");
            pipeline.Read(2);
            await pipeline.ExecuteAsync($"SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'");
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (3, 'z')");
            // What was not confirmed when the connection broke comes twice.
            for (int wanted = 3; !pipeline.Read(wanted).Any(r => Id(r) == "3"); wanted++)
            {
                Assert.True(wanted < 5);
            }

            Assert.Equal(0, await first.StopAsync(StopLimit));
        }

        int before = pipeline.ReadToEnd().Count;
        await using var second = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (4, 'w')");
        var records = pipeline.Read(before + 4).Skip(before).ToList();
        Assert.Equal(["r 1", "r 2", "r 3", "c 4"], records.Select(r => $"{Operation(r)} {Id(r)}"));
        Assert.Single(pipeline.ReadToEnd().Take(before), r => Operation(r) == "r");
        // The snapshot begins anew what is known of commits.
        Assert.StartsWith("[null,", Sequence(records[^1]), StringComparison.Ordinal);
        Assert.Equal(0, await second.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task The_first_event_after_a_restart_knows_the_last_commit()
    {
        var pipeline = await fixture.PrepareAsync(OneRow, "public.a");
        await using (var first = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (2, 'y')");
            Assert.StartsWith("[null,", Sequence(pipeline.Read(2)[^1]), StringComparison.Ordinal);
            Assert.Equal(0, await first.StopAsync(StopLimit));
        }

        string confirmed = await pipeline.ScalarAsync<string>($"SELECT (confirmed_flush_lsn - '0/0')::text FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'") ?? "";
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (3, 'z')");
        await using var second = await pipeline.StartStreamingAsync();
        Assert.StartsWith($"[\"{confirmed}\",", Sequence(pipeline.Read(3)[^1]), StringComparison.Ordinal);
        Assert.Equal(0, await second.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task Configuration_based_does_what_its_switches_say()
    {
        var pipeline = await fixture.PrepareAsync(OneRow, "public.a");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "configuration_based").With("PENSTOCK_SNAPSHOT_MODE_CONFIGURATION_BASED_SNAPSHOT_DATA", "true");
        Assert.Equal(0, (await pipeline.RunToEndAsync()).ExitCode);
        Assert.Equal(0, (await pipeline.RunToEndAsync()).ExitCode);
        Assert.Equal(["r", "r"], pipeline.ReadToEnd().Select(Operation));
        Assert.Equal(0L, await pipeline.ScalarAsync<long>("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"));
        pipeline.With("PENSTOCK_SNAPSHOT_MODE_CONFIGURATION_BASED_SNAPSHOT_DATA", "false").With("PENSTOCK_SNAPSHOT_MODE_CONFIGURATION_BASED_START_STREAM", "true");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (2, 'y')");
        Assert.Equal(["r", "r", "c"], pipeline.Read(3).Select(Operation));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task A_snapshot_reads_the_listed_tables_by_their_statements_and_all_are_streamed()
    {
        var pipeline = await fixture.PrepareAsync(
            """CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE "B b" (id int PRIMARY KEY, v text); INSERT INTO "B b" SELECT i, 'v' FROM generate_series(1, 9) i""");
        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.public.a");
        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.public.B_b");
        pipeline.With("PENSTOCK_SNAPSHOT_INCLUDE_COLLECTION_LIST", "public.b.*")
            .With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES", "public.\"B b\"")
            .With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES_PUBLIC_B_B", "SELECT id FROM \"B b\" WHERE id > 7 ORDER BY id DESC;")
            .With("PENSTOCK_SNAPSHOT_LOCKING_MODE", "shared").With("PENSTOCK_SNAPSHOT_DELAY_MS", "50").With("PENSTOCK_STREAMING_DELAY_MS", "50")
            .With("PENSTOCK_DATABASE_INITIAL_STATEMENTS", "SET search_path = public");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (2)");
        using var reader = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, [$"{pipeline.Name}.public.a", $"{pipeline.Name}.public.B_b"]);
        var records = reader.Read(3, TimeSpan.FromSeconds(10));
        Assert.Equal(["9", "8"], records.Where(r => r.Topic.EndsWith("B_b", StringComparison.Ordinal)).Select(Id));
        Assert.All(records.Where(r => r.Topic.EndsWith("B_b", StringComparison.Ordinal)), r => Assert.Contains("\"v\":null", r.ValueText, StringComparison.Ordinal));
        Assert.Equal("c 2", Assert.Single(records.Where(r => r.Topic.EndsWith(".a", StringComparison.Ordinal)).Select(r => $"{Operation(r)} {Id(r)}")));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task A_publication_without_tables_is_made_for_others_to_fill_and_identities_are_set()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int, v text)", "public.a");
        pipeline.With("PENSTOCK_PUBLICATION_AUTOCREATE_MODE", "no_tables").With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_REPLICA_IDENTITY_AUTOSET_VALUES", "public.a:FULL")
            .With("PENSTOCK_XMIN_FETCH_INTERVAL_MS", "100").With("PENSTOCK_SLOT_STREAM_PARAMS", "messages=false");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync($"INSERT INTO a VALUES (1, 'unseen'); ALTER PUBLICATION {pipeline.Name} ADD TABLE a");
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (2, 'x'); UPDATE a SET v = 'y' WHERE id = 2");
        var records = pipeline.Read(2);
        Assert.Equal("x", records[1].Json().GetProperty("before").GetProperty("v").GetString());
        string xmin = await pipeline.ScalarAsync<string>($"SELECT catalog_xmin::text FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'") ?? "";
        Assert.InRange(records[0].Json().GetProperty("source").GetProperty("xmin").GetInt64(), 1, long.Parse(xmin, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task A_value_without_a_form_stops_the_pipeline_where_that_is_a_failure_and_what_came_before_is_delivered()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v numeric)", "public.a");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_EVENT_CONVERTING_FAILURE_HANDLING_MODE", "fail");
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 1)");
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (2, 2), (3, 'NaN'), (4, 4)");
            Assert.Equal(1, await process.WaitForExitAsync(StopLimit));
            string output = string.Join('\n', process.Lines);
            Assert.Matches("cannot decode the change at [0-9A-F]+/[0-9A-F]+ \\(position [0-9A-F]+/[0-9A-F]+:1\\): column public.a.v \\(numeric\\): .*event.converting.failure.handling.mode is fail", output);
            Assert.DoesNotMatch(@"(?m)^\s+at |Unhandled exception|Exception:", output);
        }

        Assert.Equal(["1", "2"], pipeline.ReadToEnd().Select(Id));
        pipeline.With("PENSTOCK_EVENT_CONVERTING_FAILURE_HANDLING_MODE", "skip");
        await using var skipping = await pipeline.StartStreamingAsync();
        // The first transaction was confirmed although the run ended in an error.
        Assert.Equal(["1", "2", "2", "3", "4"], pipeline.Read(5).Select(Id));
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (5, 5)");
        pipeline.Read(6);
        Assert.Equal(0, await skipping.StopAsync(StopLimit));
        Assert.DoesNotContain(skipping.Lines, line => line.Contains("have no form", StringComparison.Ordinal));
    }

    private static string Operation(TopicRecord record) => record.Json().GetProperty("op").GetString()!;

    private static string Id(TopicRecord record) => record.Json().GetProperty("after").GetProperty("id").GetRawText();

    private static string Sequence(TopicRecord record) => record.Json().GetProperty("source").GetProperty("sequence").GetString()!;
}

/// <summary>A slot whose write-ahead log the server has removed.</summary>
public class LostSlotTests
{
    [KafkaFact]
    public async Task When_needed_begins_anew_with_a_snapshot_where_initial_ends_with_an_error()
    {
        await using var scene = await PipelineScene.CreateAsync(new PostgresServerOptions { Settings = new Dictionary<string, string> { ["max_slot_wal_keep_size"] = "1MB" } });
        await scene.Postgres.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.a");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.a";
        await using (var first = scene.Start())
        {
            await first.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60));
            Assert.Equal(0, await first.StopAsync(TimeSpan.FromSeconds(30)));
        }

        for (int i = 2; i < 100 && await scene.Postgres.ScalarAsync<string>("SELECT wal_status FROM pg_replication_slots") != "lost"; i++)
        {
            await scene.Postgres.ExecuteAsync($"INSERT INTO a VALUES ({i})");
            await scene.Postgres.ExecuteAsync("SELECT pg_switch_wal()");
            await scene.Postgres.ExecuteAsync("CHECKPOINT");
        }

        await using (var refused = scene.Start())
        {
            Assert.Equal(3, await refused.WaitForExitAsync(TimeSpan.FromSeconds(60)));
        }

        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "when_needed";
        await using var second = scene.Start();
        await second.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60));
        Assert.Contains(second.Lines, line => line.Contains("is dropped and made anew", StringComparison.Ordinal));
        await scene.Postgres.ExecuteAsync("INSERT INTO a VALUES (1000)");
        long rows = await scene.Postgres.ScalarAsync<long>("SELECT count(*) FROM a");
        using var reader = TopicReader.Of(scene.Kafka.Bootstrap, [$"{scene.Name}.public.a"]);
        Assert.Equal(rows, reader.Read((int)rows + 1, TimeSpan.FromSeconds(10)).Select(r => r.KeyText).Distinct().Count());
        Assert.Equal(0, await second.StopAsync(TimeSpan.FromSeconds(30)));
    }
}
