using System.Text.RegularExpressions;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>Snapshots that are asked for through the signal table while the pipeline streams.</summary>
public sealed class SnapshotSignalTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private const string SignalTable = "CREATE TABLE signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));";

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    [KafkaFact]
    public async Task Changes_while_an_incremental_snapshot_runs_win_over_its_rows()
    {
        const int RowsOfTable = 1200;
        var pipeline = await PrepareAsync($"CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, 'row ' || i FROM generate_series(1, {RowsOfTable}) i", "public.a");
        pipeline.With("PENSTOCK_INCREMENTAL_SNAPSHOT_CHUNK_SIZE", "20");
        await using var process = await pipeline.StartStreamingAsync();
        await SignalAsync(pipeline, "s1", """{"data-collections":["public.a"]}""");
        for (int round = 1; !IsComplete(process); round++)
        {
            Assert.True(round < 2000, process.LastLines());
            int id = (round * 37) % RowsOfTable;
            await pipeline.ExecuteAsync($"UPDATE a SET v = 'round {round}' WHERE id % 290 = {round % 290}; DELETE FROM a WHERE id = {id}; UPDATE a SET id = id + 10000 WHERE id = {(id + 7) % RowsOfTable}");
        }

        await AssertTopicIsTableAsync(pipeline, process, "a");
    }

    [KafkaFact]
    public async Task The_command_asks_for_rows_of_a_table_and_says_what_is_in_the_way()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, 'row ' || i FROM generate_series(1, 30) i; CREATE TABLE other (id int PRIMARY KEY)", "public.a");
        await using var process = await pipeline.StartStreamingAsync();
        var (code, said) = await pipeline.RunToEndAsync("snapshot", "--table", "public.b");
        Assert.True(code == 3 && said.Contains("there is no table public.b; captured are public.a", StringComparison.Ordinal), said);
        (code, said) = await pipeline.RunToEndAsync("snapshot", "--table", "public.other");
        Assert.True(code == 3 && said.Contains("table public.other is not captured", StringComparison.Ordinal), said);
        (code, said) = await pipeline.RunToEndAsync("snapshot");
        Assert.True(code == 2 && said.Contains("--table schema.table", StringComparison.Ordinal), said);
        (code, said) = await pipeline.RunToEndAsync("snapshot", "--table", "public.a", "--filter", "id > 20 AND v <> 'it''s'");
        Assert.True(code == 0 && said.Contains("asked for an incremental snapshot of public.a: signal snapshot-", StringComparison.Ordinal), said);
        await CompletedAsync(process);
        Assert.Equal(Enumerable.Range(21, 10), Rows(pipeline, "a").Select(row => row.Json().GetProperty("after").GetProperty("id").GetInt32()));
        (code, said) = await pipeline.RunToEndAsync("snapshot", "--table", "public.a", "--blocking");
        Assert.True(code == 0, said);
        await process.WaitForLineAsync("blocking snapshot is complete", StopLimit);
        await AssertTopicIsTableAsync(pipeline, process, "a");
        (code, said) = await pipeline.RunToEndAsync("snapshot", "--stop");
        Assert.True(code == 0 && said.Contains("Nobody reads slot", StringComparison.Ordinal), said);
    }

    [KafkaTheory]
    [InlineData("insert_insert")]
    [InlineData("insert_delete")]
    public async Task Tables_with_a_composite_key_and_with_a_condition_arrive_chunk_by_chunk(string strategy)
    {
        var pipeline = await PrepareAsync(
            """
            CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, 'row ' || i FROM generate_series(1, 50) i;
            CREATE TABLE b (x text, y bigint, v text, PRIMARY KEY (x, y)); INSERT INTO b SELECT chr(97 + i % 7), i, 'row ' || i FROM generate_series(1, 60) i;
            """,
            "public.a",
            "public.b");
        pipeline.With("PENSTOCK_INCREMENTAL_SNAPSHOT_CHUNK_SIZE", "7").With("PENSTOCK_INCREMENTAL_SNAPSHOT_WATERMARKING_STRATEGY", strategy);
        await using var process = await pipeline.StartStreamingAsync();
        await SignalAsync(pipeline, "s1", """{"data-collections":["public.a","public.b"],"additional-conditions":[{"data-collection":"public.a","filter":"a.id > 20 -- the newer ones"}]}""");
        await CompletedAsync(process);
        Assert.Equal(await pipeline.ScalarAsync<long>("SELECT count(*) FROM signal WHERE id LIKE '%-open'"), strategy == "insert_delete" ? 0 : 5 + 9 + 1);
        await AssertTopicIsTableAsync(pipeline, process, "b");
        var rows = Rows(pipeline, "a");
        Assert.Equal(Enumerable.Range(21, 30), rows.Select(row => row.Json().GetProperty("after").GetProperty("id").GetInt32()));
        Assert.All(rows, row => Assert.Equal(("r", "incremental"), (row.Operation(), row.Snapshot())));
    }

    [KafkaTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restart_in_the_middle_goes_on_and_loses_nothing(bool killed)
    {
        const int RowsOfTable = 3000;
        var pipeline = await PrepareAsync($"CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, 'row ' || i FROM generate_series(1, {RowsOfTable}) i", "public.a");
        pipeline.With("PENSTOCK_INCREMENTAL_SNAPSHOT_CHUNK_SIZE", "10");
        int starts = 0;
        await using (var first = await pipeline.StartStreamingAsync())
        {
            await SignalAsync(pipeline, "s1", """{"data-collections":["public.a"]}""");
            await first.WaitForLineAsync("incremental snapshot of public.a begins", StopLimit);
            await EndAsync(first, killed);
        }

        for (bool complete = false; !complete; starts++)
        {
            Assert.True(starts < 30, "the snapshot never ends");
            await using var process = await pipeline.StartStreamingAsync();
            await process.WaitForLineAsync("incremental snapshot goes on|incremental snapshot of public.a begins", StopLimit);
            await pipeline.ExecuteAsync($"UPDATE a SET v = 'start {starts}' WHERE id % 100 = {starts}; DELETE FROM a WHERE id = {RowsOfTable - starts}");
            // The first is cut off early, however quick the machine is; the later ones come to the end, however slow it is.
            await Task.Delay(starts == 0 ? 300 : 2000);
            complete = IsComplete(process);
            if (complete)
            {
                await AssertTopicIsTableAsync(pipeline, process, "a");
            }
            else
            {
                await EndAsync(process, killed);
            }
        }

        Assert.True(starts > 1, "the snapshot was over before it could be cut off");
        // Taken up where it was, not begun anew each time.
        Assert.InRange(Rows(pipeline, "a").Count(row => row.Value is not null && row.Operation() == "r"), RowsOfTable / 2, RowsOfTable * 2);
    }

    [KafkaFact]
    public async Task Names_in_quotes_are_found_and_tables_that_are_not_there_are_left_out_with_a_warning()
    {
        var pipeline = await PrepareAsync("""CREATE TABLE "Mixed Case" (id int PRIMARY KEY, "a ""b" text); INSERT INTO "Mixed Case" VALUES (1, 'x'), (2, 'y'); CREATE TABLE a (id int PRIMARY KEY)""", "public.a");
        pipeline.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] += ",public.Mixed Case";
        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.public.Mixed_Case");
        await using var process = await pipeline.StartStreamingAsync();
        await SignalAsync(pipeline, "s1", """{"data-collections":["public.Mixed Case","public.nowhere","\"public\".\"Mixed Case\""]}""");
        await CompletedAsync(process);
        Assert.Contains(process.Lines, line => line.Contains("level=warn", StringComparison.Ordinal) && line.Contains("no captured table public.nowhere", StringComparison.Ordinal));
        Assert.Contains(process.Lines, line => line.Contains("level=warn", StringComparison.Ordinal) && line.Contains("public.Mixed Case", StringComparison.Ordinal));
        Assert.Equal(0, await process.StopAsync(StopLimit));
        using var reader = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, $"{pipeline.Name}.public.Mixed_Case");
        Assert.Equal(["""{"id":1}""", """{"id":2}"""], reader.Read(2, TimeSpan.FromSeconds(10)).Select(record => record.KeyText));
    }

    [KafkaFact]
    public async Task A_paused_snapshot_waits_over_a_restart_and_a_stopped_one_ends()
    {
        var pipeline = await PrepareAsync(
            "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 400); CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b SELECT generate_series(1, 400)", "public.a", "public.b");
        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.notes");
        pipeline.With("PENSTOCK_INCREMENTAL_SNAPSHOT_CHUNK_SIZE", "5").With("PENSTOCK_NOTIFICATION_ENABLED_CHANNELS", "sink,log").With("PENSTOCK_NOTIFICATION_SINK_TOPIC_NAME", $"{pipeline.Name}.notes");
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await SignalAsync(pipeline, "s1", """{"data-collections":["public.a","public.b"]}""");
            await SignalAsync(pipeline, "s2", "", "pause-snapshot");
            await process.WaitForLineAsync("incremental snapshot pauses", StopLimit);
            await ConfirmedAsync(pipeline, process);
            Assert.Equal(0, await process.StopAsync(StopLimit));
        }

        int read = Rows(pipeline, "a").Count;
        Assert.InRange(read, 1, 399);
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await process.WaitForLineAsync("once a resume-snapshot signal comes", StopLimit);
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (1000)");
            await ConfirmedAsync(pipeline, process);
            Assert.Equal(read + 1, Rows(pipeline, "a").Count);
            await SignalAsync(pipeline, "s3", """{"data-collections":["public.b"]}""", "stop-snapshot");
            await SignalAsync(pipeline, "s4", "", "resume-snapshot");
            await CompletedAsync(process);
            await AssertTopicIsTableAsync(pipeline, process, "a");
        }

        Assert.Empty(Rows(pipeline, "b"));
        using var reader = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, $"{pipeline.Name}.notes");
        var notes = reader.ReadToEnd(StopLimit).Select(record => record.Json()).ToList();
        string[] types = [.. notes.Where(note => note.GetProperty("aggregate_type").GetString() == "Incremental Snapshot").Select(note => note.GetProperty("type").GetString()!).Where(type => type != "IN_PROGRESS")];
        Assert.Equal(["STARTED", "PAUSED", "RESUMED", "ABORTED", "TABLE_SCAN_COMPLETED", "COMPLETED"], types);
        Assert.All(notes.Where(note => note.GetProperty("type").GetString() == "PAUSED"), note => Assert.Equal("s1", note.GetProperty("id").GetString()));
    }

    [KafkaFact]
    public async Task Every_row_of_a_table_without_key_arrives_also_equal_ones_and_those_with_null()
    {
        var pipeline = await PrepareAsync(
            """
            CREATE TABLE a (n int, v text); ALTER TABLE a REPLICA IDENTITY FULL;
            INSERT INTO a SELECT i / 3, 'row ' || i / 2 FROM generate_series(1, 40) i; INSERT INTO a VALUES (NULL, 'x'), (NULL, 'x'), (NULL, 'y');
            """,
            "public.a");
        pipeline.With("PENSTOCK_INCREMENTAL_SNAPSHOT_CHUNK_SIZE", "4");
        await using var process = await pipeline.StartStreamingAsync();
        await SignalAsync(pipeline, "s1", """{"data-collections":["public.a"],"surrogate-key":"n"}""");
        await CompletedAsync(process);
        await ConfirmedAsync(pipeline, process);
        Assert.Equal(0, await process.StopAsync(StopLimit));
        string rows = (await pipeline.ScalarAsync<string>("SELECT string_agg(to_json(t)::text, E'\\n') FROM a t"))!;
        Assert.Equal(rows.Split('\n').Order(StringComparer.Ordinal), Rows(pipeline, "a").Select(row => row.Json().GetProperty("after").GetRawText()).Order(StringComparer.Ordinal));
    }

    [KafkaFact]
    public async Task A_partitioned_table_is_read_by_its_partitions_under_their_names()
    {
        var pipeline = await PrepareAsync(
            """
            CREATE TABLE p (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
            INSERT INTO p SELECT i, 'row ' || i FROM generate_series(5, 14) i;
            """,
            "public.p1",
            "public.p2");
        pipeline.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] += ",public.p";
        await using var process = await pipeline.StartStreamingAsync();
        await SignalAsync(pipeline, "s1", """{"data-collections":["public.p"]}""");
        await CompletedAsync(process);
        await AssertTopicIsTableAsync(pipeline, process, "p1");
        Assert.Equal(5, Rows(pipeline, "p2").Count);
    }

    [KafkaFact]
    public async Task What_cannot_be_read_is_left_out_and_the_stream_goes_on()
    {
        var pipeline = await PrepareAsync(
            "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'swordfish'); CREATE TABLE keyless (v text); ALTER TABLE keyless REPLICA IDENTITY FULL; CREATE TABLE b (id int PRIMARY KEY)",
            "public.a",
            "public.keyless",
            "public.b");
        await using var process = await pipeline.StartStreamingAsync();
        await SignalAsync(pipeline, "s1", """{"data-collections":["public.a","public.keyless","public.b"],"additional-conditions":[{"data-collection":"public.a","filter":"v::int > 1"}]}""");
        await SignalAsync(pipeline, "s2", """{"data-collections":["public.a"],"additional-conditions":[{"data-collection":"public.a","filter":"nonsense"}]}""");
        await SignalAsync(pipeline, "s3", "not json");
        await SignalAsync(pipeline, "s4", "{}", "dance");
        await SignalAsync(pipeline, "s5", """{"message":"here {}"}""", "log");
        await pipeline.ExecuteAsync("INSERT INTO b VALUES (7)");
        await process.WaitForLineAsync("here \\{lsn=", StopLimit);
        await ConfirmedAsync(pipeline, process);
        Assert.Equal(0, await process.StopAsync(StopLimit));
        foreach (string said in (string[])["SQLSTATE 22P02", "public.keyless is left out, it has no primary key", "nonsense", "signal 's3'", "'dance', which is not known"])
        {
            Assert.Contains(process.Lines, line => line.Contains("level=warn", StringComparison.Ordinal) && line.Contains(said, StringComparison.Ordinal));
        }

        Assert.DoesNotContain("swordfish", string.Concat(process.Lines), StringComparison.Ordinal);
        Assert.Equal(["""{"id":7}"""], Rows(pipeline, "b").Select(record => record.KeyText));
    }

    [KafkaFact]
    public async Task A_blocking_snapshot_comes_between_the_changes_and_takes_a_select_for_a_table()
    {
        var pipeline = await PrepareAsync(
            "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, repeat('x', 300) FROM generate_series(1, 3000) i; CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b SELECT generate_series(1, 10)",
            "public.a",
            "public.b");
        await using var process = await pipeline.StartStreamingAsync();
        await SignalAsync(
            pipeline,
            "s1",
            """{"type":"blocking","data-collections":["PUBLIC.A","public.b"],"additional-conditions":[{"data-collection":"public.b","filter":"SELECT * FROM b WHERE id > 6"}]}""");
        await pipeline.ExecuteAsync("UPDATE a SET v = 'after' WHERE id <= 5");
        await process.WaitForLineAsync("blocking snapshot is complete", StopLimit);
        await AssertTopicIsTableAsync(pipeline, process, "a");
        var rows = Rows(pipeline, "a");
        Assert.Equal((3000, "first"), (rows.Count(row => row.Operation() == "r"), rows[0].Snapshot()));
        var others = Rows(pipeline, "b");
        Assert.Equal([7, 8, 9, 10], others.Select(row => row.Json().GetProperty("after").GetProperty("id").GetInt32()));
        Assert.Equal("last", others[^1].Snapshot());
    }

    [KafkaFact]
    public async Task A_blocking_snapshot_that_was_cut_off_is_taken_again()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, repeat('x', 500) FROM generate_series(1, 100000) i", "public.a");
        await using (var first = await pipeline.StartStreamingAsync())
        {
            await SignalAsync(pipeline, "s1", """{"type":"blocking","data-collections":["public.a"]}""");
            await first.WaitForLineAsync("blocking snapshot begins", StopLimit);
            await first.KillAsync();
        }

        await using var second = await pipeline.StartStreamingAsync();
        await second.WaitForLineAsync("blocking snapshot is complete", TimeSpan.FromSeconds(60));
        await AssertTopicIsTableAsync(pipeline, second, "a");
    }

    [KafkaFact]
    public async Task The_check_at_the_start_says_what_the_signal_table_lacks()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE narrow (id int PRIMARY KEY)", "public.a");
        var (exitCode, output) = await pipeline.With("PENSTOCK_SIGNAL_DATA_COLLECTION", "public.signal").RunToEndAsync();
        Assert.Equal(3, exitCode);
        Assert.Contains("CREATE TABLE \\\"public\\\".\\\"signal\\\"", output, StringComparison.Ordinal);
        (exitCode, output) = await pipeline.With("PENSTOCK_SIGNAL_DATA_COLLECTION", "public.narrow").RunToEndAsync();
        Assert.Equal(3, exitCode);
        Assert.Contains("1 columns where three are due", output, StringComparison.Ordinal);
    }

    private static Task<int> EndAsync(PipelineProcess process, bool killed) => killed ? process.KillAsync() : process.StopAsync(StopLimit);

    private static Task<Match> CompletedAsync(PipelineProcess process) => process.WaitForLineAsync("incremental snapshot is complete", TimeSpan.FromSeconds(60));

    private static List<TopicRecord> Rows(TestPipeline pipeline, string table) => [.. pipeline.ReadToEnd().Where(record => record.Topic == $"{pipeline.Name}.public.{table}")];

    private static async Task ConfirmedAsync(TestPipeline pipeline, PipelineProcess process)
    {
        string head = (await pipeline.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text"))!;
        await EventuallyAsync(process, async () => await pipeline.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= '{head}' FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'"));
    }

    private static bool IsComplete(PipelineProcess process) => process.Lines.Any(line => line.Contains("incremental snapshot is complete", StringComparison.Ordinal));

    private async Task<TestPipeline> PrepareAsync(string sql, params string[] tables)
    {
        var pipeline = await fixture.PrepareAsync(SignalTable + sql, [.. tables, "public.signal"]);
        pipeline.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = string.Join(',', tables);
        return pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_SIGNAL_DATA_COLLECTION", "public.signal");
    }

    private static Task SignalAsync(TestPipeline pipeline, string id, string data, string type = "execute-snapshot") =>
        pipeline.ExecuteAsync($"INSERT INTO signal VALUES ('{id}', '{type}', '{data}')");

    /// <summary>Stops the pipeline and compares the last event of each key with the rows.</summary>
    private static async Task AssertTopicIsTableAsync(TestPipeline pipeline, PipelineProcess process, string table)
    {
        await ConfirmedAsync(pipeline, process);
        Assert.Equal(0, await process.StopAsync(StopLimit));
        var topic = Rows(pipeline, table)
            .GroupBy(record => record.KeyText)
            .Select(group => group.Last())
            .Where(record => record.Value is not null)
            .Select(record => record.Json().GetProperty("after").GetRawText())
            .Order(StringComparer.Ordinal);
        string rows = (await pipeline.ScalarAsync<string>($"SELECT coalesce(string_agg(to_json(t)::text, E'\\n'), '') FROM {table} t"))!;
        Assert.Equal(rows.Split('\n').Order(StringComparer.Ordinal), topic);
    }

    private static async Task EventuallyAsync(PipelineProcess process, Func<Task<bool>> condition)
    {
        for (var until = DateTime.UtcNow + TimeSpan.FromSeconds(60); !await condition(); await Task.Delay(100))
        {
            Assert.False(process.HasExited, process.LastLines());
            Assert.True(DateTime.UtcNow < until, process.LastLines());
        }
    }
}
