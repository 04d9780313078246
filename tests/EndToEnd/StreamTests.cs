using System.Diagnostics;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>What a user of a running pipeline sees, on a real Postgres and a real Kafka.</summary>
public class StreamTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(12);

    [KafkaFact]
    public async Task Snapshot_first_then_the_stream_without_gap()
    {
        var pipeline = await fixture.PrepareAsync(
            """
            CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one'), (2, 'two');
            CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY); INSERT INTO c VALUES (7);
            """,
            "public.a", "public.b", "public.c");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("UPDATE a SET v = 'uno' WHERE id = 1; DELETE FROM a WHERE id = 2; UPDATE a SET id = 3 WHERE id = 1; INSERT INTO b VALUES (1)");
        var records = pipeline.Read(10);
        Assert.Equal(0, await process.StopAsync(StopLimit));

        var a = records.Where(r => r.Topic.EndsWith(".a", StringComparison.Ordinal)).ToList();
        Assert.Equal(["r", "r", "u", "d", "tombstone", "d", "tombstone", "c"], a.Select(r => r.Operation()));
        Assert.Equal("""{"id":1}{"id":2}{"id":1}{"id":2}{"id":2}{"id":1}{"id":1}{"id":3}""", string.Concat(a.Select(r => r.KeyText)));
        Assert.Equal(["first", "last_in_data_collection"], a.Take(2).Select(r => r.Snapshot()));
        Assert.Equal("last", records.Single(r => r.Topic.EndsWith(".c", StringComparison.Ordinal)).Snapshot());
        Assert.Equal("""{"id":1}""", a[^1].Headers.Single(h => h.Key == "__debezium.oldkey").Value is { } old ? System.Text.Encoding.UTF8.GetString(old).Replace("Struct{id=1}", """{"id":1}""", StringComparison.Ordinal) : null);
    }

    [KafkaFact]
    public async Task Stopped_and_started_again_it_repeats_nothing_and_loses_nothing()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        for (int round = 0; round < 3; round++)
        {
            await using var process = await pipeline.StartStreamingAsync();
            await pipeline.ExecuteAsync($"INSERT INTO a SELECT i, repeat('x', 50) FROM generate_series({round * 1000}, {(round * 1000) + 499}) i");
            // A stop in the middle of a transaction repeats its beginning; one that is quiet must not.
            string head = (await pipeline.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text"))!;
            await EventuallyAsync(async () => await pipeline.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= '{head}' FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'"));
            var watch = Stopwatch.StartNew();
            Assert.Equal(0, await process.StopAsync(StopLimit));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"stopping took {watch.Elapsed}");
            await pipeline.ExecuteAsync($"INSERT INTO a SELECT i, 'while it was down' FROM generate_series({(round * 1000) + 500}, {(round * 1000) + 999}) i");
        }

        await using (var last = await pipeline.StartStreamingAsync())
        {
            Assert.Equal(3000, pipeline.Read(3000).Count);
            Assert.Equal(0, await last.StopAsync(StopLimit));
        }

        var keys = pipeline.ReadToEnd().Select(r => r.KeyText).ToList();
        Assert.Equal(3000, keys.Count);
        Assert.Equal(3000, keys.Distinct().Count());
    }

    [KafkaFact]
    public async Task Traffic_that_is_not_captured_moves_the_slot()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE other (id int)", "public.a");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO other SELECT generate_series(1, 10000)");
        string head = (await pipeline.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text"))!;
        await EventuallyAsync(async () => await pipeline.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= '{head}' FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'"));
        Assert.Equal(0, await process.StopAsync(StopLimit));
        Assert.Empty(pipeline.ReadToEnd());
    }

    [KafkaFact]
    public async Task Heartbeats_come_at_their_interval_and_run_their_query()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE beats (at timestamptz)", "public.a");
        await fixture.Scene.Kafka.CreateTopicAsync($"__debezium-heartbeat.{pipeline.Name}");
        pipeline.With("PENSTOCK_HEARTBEAT_INTERVAL_MS", "300").With("PENSTOCK_HEARTBEAT_ACTION_QUERY", "INSERT INTO beats VALUES (now())").With("PENSTOCK_SNAPSHOT_MODE", "no_data");
        await using var process = await pipeline.StartStreamingAsync();
        using var reader = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, $"__debezium-heartbeat.{pipeline.Name}");
        var beats = reader.Read(3, TimeSpan.FromSeconds(10));
        Assert.Equal(3, beats.Count);
        Assert.All(beats, beat => Assert.Equal($$"""{"serverName":"{{pipeline.Name}}"}""", beat.KeyText));
        Assert.True(await pipeline.ScalarAsync<long>("SELECT count(*) FROM beats") > 0);
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaTheory]
    [InlineData("fail")]
    [InlineData("skip")]
    [InlineData("dead-letter")]
    public async Task An_oversized_record_goes_where_the_policy_says(string policy)
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, secret text)", "public.a");
        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.dead-letter");
        pipeline.With("PENSTOCK_ON_OVERSIZE", policy).With("PENSTOCK_SNAPSHOT_MODE", "no_data");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 'small'); INSERT INTO a VALUES (2, repeat('swordfish', 300000)); INSERT INTO a VALUES (3, 'small')");
        if (policy == "fail")
        {
            Assert.Equal(1, await process.WaitForExitAsync(TimeSpan.FromSeconds(30)));
            Assert.Equal(["""{"id":1}"""], pipeline.ReadToEnd().Select(r => r.KeyText));
        }
        else
        {
            Assert.Equal(["""{"id":1}""", """{"id":3}"""], pipeline.Read(2).Select(r => r.KeyText));
            Assert.Equal(0, await process.StopAsync(StopLimit));
        }

        var said = Assert.Single(process.Lines, line => line.Contains("public.a", StringComparison.Ordinal) && line.Contains("id", StringComparison.Ordinal) && line.Contains("bytes", StringComparison.Ordinal));
        Assert.DoesNotContain("swordfish", string.Concat(process.Lines), StringComparison.Ordinal);
        Assert.Contains("LSN", said, StringComparison.OrdinalIgnoreCase);
        if (policy == "dead-letter")
        {
            using var reader = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, $"{pipeline.Name}.dead-letter");
            var letter = Assert.Single(reader.Read(1, TimeSpan.FromSeconds(10)));
            Assert.Equal("""{"id":2}""", letter.KeyText);
            Assert.DoesNotContain("swordfish", letter.ValueText, StringComparison.Ordinal);
        }
    }

    /// <summary>Set while the program runs it would come too late (decision 0006): the program becomes itself once more, under the same process id.</summary>
    [KafkaFact]
    public async Task The_C_librarys_heap_has_one_arena_unless_the_environment_says_otherwise()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)", "public.a");
        await using (var process = await pipeline.StartStreamingAsync())
        {
            Assert.Contains("\0MALLOC_ARENA_MAX=1\0", $"\0{await File.ReadAllTextAsync($"/proc/{process.Id}/environ")}", StringComparison.Ordinal);
            Assert.Equal(0, await process.StopAsync(StopLimit));
        }

        pipeline.With("MALLOC_ARENA_MAX", "4");
        await using var other = await pipeline.StartStreamingAsync();
        Assert.Contains("\0MALLOC_ARENA_MAX=4\0", $"\0{await File.ReadAllTextAsync($"/proc/{other.Id}/environ")}", StringComparison.Ordinal);
        Assert.Equal(0, await other.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task A_row_far_larger_than_a_slab_passes()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, body text); INSERT INTO a VALUES (1, repeat('s', 900000))", "public.a");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (2, repeat('t', 900000)), (3, 'small')");
        var records = pipeline.Read(3);
        Assert.Equal([900000, 900000, 5], records.Select(r => r.Json().GetProperty("after").GetProperty("body").GetString()!.Length));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    /// <summary>Debezium's connector reads a type when it first sees it, and not again until it restarts.</summary>
    [KafkaTheory]
    [InlineData("strict-debezium", "sad,ok")]
    [InlineData("correct", "sad,ok,glad")]
    public async Task A_label_that_an_enum_gets_while_it_streams_is_in_the_next_schema_where_correctness_is_asked_for(string compat, string labels)
    {
        var pipeline = await fixture.PrepareAsync("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE a (id int PRIMARY KEY, m mood)", "public.a");
        pipeline.With("PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE", "true");
        pipeline.With("PENSTOCK_COMPAT", compat);
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 'ok')");
        Assert.Contains("\"allowed\":\"sad,ok\"", Assert.Single(pipeline.Read(1)).ValueText, StringComparison.Ordinal);
        await pipeline.ExecuteAsync("ALTER TYPE mood ADD VALUE 'glad'");
        await pipeline.ExecuteAsync("ALTER TABLE a ADD COLUMN n int");
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (2, 'glad')");
        Assert.Contains($"\"allowed\":\"{labels}\"", pipeline.Read(2)[^1].ValueText, StringComparison.Ordinal);
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task Initial_only_reads_once_and_ends()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 10)", "public.a");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "initial_only");
        Assert.Equal(0, (await pipeline.RunToEndAsync()).ExitCode);
        Assert.Equal(0, (await pipeline.RunToEndAsync()).ExitCode);
        Assert.Equal(10, pipeline.ReadToEnd().Count);
        Assert.Equal(0L, await pipeline.ScalarAsync<long>("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"));
    }

    [KafkaFact]
    public async Task A_table_without_a_key_goes_to_one_partition()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (v int); ALTER TABLE a REPLICA IDENTITY FULL");
        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.public.a", 4);
        pipeline.With("PENSTOCK_TABLE_INCLUDE_LIST", "public.a");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a SELECT generate_series(1, 20)");
        using var reader = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, $"{pipeline.Name}.public.a");
        var records = reader.Read(20, TimeSpan.FromSeconds(10));
        Assert.Single(records.Select(r => r.Partition).Distinct());
        Assert.All(records, r => Assert.Null(r.Key));
        Assert.Equal(Enumerable.Range(1, 20), records.Select(r => r.Json().GetProperty("after").GetProperty("v").GetInt32()));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task A_missing_topic_is_picked_up_when_it_appears()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)");
        pipeline.With("PENSTOCK_TABLE_INCLUDE_LIST", "public.a").With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS", "500");
        await using var process = pipeline.Start();
        await process.WaitForLineAsync("kafka-topics", TimeSpan.FromSeconds(30));
        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.public.a");
        await process.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(30));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task The_database_server_restarts_under_it()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)", "public.a");
        pipeline.With("PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS", "500");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1)");
        await pipeline.ExecuteAsync($"SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'");
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (2)");
        Assert.Equal(2, pipeline.Read(2).Select(r => r.KeyText).Distinct().Count());
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaTheory]
    [InlineData("socket", "native")]
    [InlineData("npgsql", "native")]
    [InlineData("socket", "confluent")]
    [InlineData("npgsql", "confluent")]
    public async Task Both_readers_and_both_producers_give_the_same_records(string reader, string producer)
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        pipeline.With("PENSTOCK_READER", reader).With("PENSTOCK_PRODUCER", producer).With("PENSTOCK_SNAPSHOT_MODE", "no_data");
        await using var process = await pipeline.StartStreamingAsync();
        string? before = await pipeline.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text");
        await pipeline.ExecuteAsync("INSERT INTO a SELECT i, repeat('ä', i) FROM generate_series(1, 300) i; UPDATE a SET id = -id WHERE id % 3 = 0; DELETE FROM a WHERE id % 7 = 0");
        // 300 creates, 100 moves of three records, and the deletes of the 43 - 14 rows that are left with a multiple of 7, plus 14 moved ones, of two each.
        var records = pipeline.Read(300 + 300 + (42 * 2));
        Assert.Equal(300 + 300 + (42 * 2), records.Count);
        Assert.Equal(100, records.Count(r => r.Headers.Any(h => h.Key == "__debezium.oldkey")));
        Assert.Equal(200, records.Count(r => r.Headers.Any(h => h.Key == "__debezium.newkey")));
        await EventuallyAsync(async () => await pipeline.ScalarAsync<bool>($"SELECT confirmed_flush_lsn > '{before}' FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'"));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task Two_started_at_once_read_one_snapshot_and_the_second_takes_over()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, repeat('x', 200) FROM generate_series(1, 50000) i", "public.a");
        pipeline.With("PENSTOCK_SLOT_MAX_RETRIES", "100").With("PENSTOCK_SLOT_RETRY_DELAY_MS", "300");
        await using var one = pipeline.Start();
        await using var other = pipeline.Start();
        var waits = new[] { one.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60)), other.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60)) };
        var first = await Task.WhenAny(waits);
        await first;
        var (active, standby) = first == waits[0] ? (one, other) : (other, one);
        Assert.Equal(50_000, pipeline.Read(50_000).Count);
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (50001, 'by the first')");
        await active.KillAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (50002, 'by the second')");
        await (first == waits[0] ? waits[1] : waits[0]);
        Assert.Contains("50002", pipeline.Read(50_003)[^1].KeyText, StringComparison.Ordinal);
        Assert.Equal(0, await standby.StopAsync(StopLimit));
        Assert.Equal(50_002, pipeline.ReadToEnd().Select(r => r.KeyText).Distinct().Count());
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
