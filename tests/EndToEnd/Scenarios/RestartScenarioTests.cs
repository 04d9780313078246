using System.Text.Json;
using Npgsql;
using Penstock.Servers;

namespace Penstock.EndToEnd.Scenarios;

/// <summary>Group A of the scenarios that Debezium's bug reports and tests tell (the letter and number in each name): no loss and no reordering over restarts.</summary>
public class RestartScenarioTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    [KafkaFact]
    public async Task A01_interleaved_transactions_survive_a_restart_dbz_76()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await using var one = await pipeline.OpenAsync();
        await using (var first = await pipeline.StartStreamingAsync())
        {
            await ExecuteAsync(one, "BEGIN; INSERT INTO a SELECT generate_series(1, 5)");
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (101)");
            await ExecuteAsync(one, "INSERT INTO a SELECT generate_series(6, 10)");
            Assert.Equal(["101"], Ids(pipeline.Read(1)));
            await Task.Delay(1500);
            Assert.Equal(0, await first.StopAsync(StopLimit));
        }

        await ExecuteAsync(one, "COMMIT");
        await using var second = await pipeline.StartStreamingAsync();
        Assert.Equal(["101", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"], Ids(pipeline.Read(11)));
        Assert.Equal(0, await second.StopAsync(StopLimit));
        Assert.Equal(11, pipeline.ReadToEnd().Count);
    }

    [KafkaTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A02_many_rows_with_one_LSN_and_a_stop_in_their_middle_dbz_1554(bool killed) =>
        await StopInTheMiddleAsync("COPY a FROM PROGRAM 'seq 20000'", killed);

    [KafkaTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A03_a_stop_in_the_middle_of_a_large_transaction_and_resume(bool killed) =>
        await StopInTheMiddleAsync("DO $$ BEGIN FOR i IN 1..20000 LOOP INSERT INTO a VALUES (i); END LOOP; END $$", killed);

    [KafkaFact]
    public async Task A04_a_restart_while_a_transaction_is_uncommitted()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await using var open = await pipeline.OpenAsync();
        await using (var first = await pipeline.StartStreamingAsync())
        {
            await ExecuteAsync(open, "BEGIN; INSERT INTO a VALUES (1)");
            await Task.Delay(500);
            Assert.Equal(0, await first.StopAsync(StopLimit));
        }

        await using var second = await pipeline.StartStreamingAsync();
        await ExecuteAsync(open, "INSERT INTO a VALUES (2); COMMIT");
        Assert.Equal(["1", "2"], Ids(pipeline.Read(2)));
        Assert.Equal(0, await second.StopAsync(StopLimit));
    }

    /// <summary>The server leaves out what begins before the confirmed position: one byte beyond the end of a commit, and the next one is lost.</summary>
    [KafkaFact]
    public async Task E1_a_commit_that_begins_where_the_confirmed_one_ends_comes_after_a_kill_between_them()
    {
        var pipeline = (await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)")).With("PENSTOCK_STATE", "none");
        await using (var maker = await pipeline.StartStreamingAsync())
        {
            Assert.Equal(0, await maker.StopAsync(StopLimit));
        }

        await using var early = await pipeline.OpenAsync();
        await using var late = await pipeline.OpenAsync();
        int rounds = 0;
        for (bool touch = false; !touch; rounds++)
        {
            Assert.True(rounds < 10, "the server wrote something of its own between the two commits each time");
            await ExecuteAsync(early, $"BEGIN; INSERT INTO a VALUES ({2 * rounds})");
            await ExecuteAsync(late, $"BEGIN; INSERT INTO a VALUES ({2 * rounds + 1})");
            await using (var first = await pipeline.StartStreamingAsync())
            {
                await ExecuteAsync(early, "COMMIT");
                await pipeline.WaitUntilConfirmedAsync();
                await first.KillAsync();
            }

            touch = await pipeline.ScalarAsync<bool>($"SELECT confirmed_flush_lsn = pg_current_wal_insert_lsn() FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'");
            await ExecuteAsync(late, "COMMIT");
            await using var second = await pipeline.StartStreamingAsync();
            await pipeline.WaitUntilConfirmedAsync();
            Assert.Equal(0, await second.StopAsync(StopLimit));
        }

        // Each once: what is confirmed does not come again.
        Assert.Equal(Enumerable.Range(0, 2 * rounds).Select(i => $"{i}"), Ids(pipeline.ReadToEnd()));
    }

    [KafkaFact]
    public async Task E4b_a_position_beyond_the_changes_of_an_open_transaction_loses_none_of_them()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE other (id int)");
        await using var open = await pipeline.OpenAsync();
        await using (var first = await pipeline.StartStreamingAsync())
        {
            await ExecuteAsync(open, "BEGIN; INSERT INTO a SELECT generate_series(1, 2000)");
            string written = (await pipeline.ScalarAsync<string>("SELECT pg_current_wal_insert_lsn()::text"))!;
            await pipeline.ExecuteAsync("INSERT INTO other SELECT generate_series(1, 20000)");
            await pipeline.WaitUntilConfirmedAsync();
            Assert.True(await pipeline.ScalarAsync<bool>($"SELECT confirmed_flush_lsn > '{written}' FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'"));
            await first.KillAsync();
        }

        await ExecuteAsync(open, "COMMIT");
        await using var second = await pipeline.StartStreamingAsync();
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(0, await second.StopAsync(StopLimit));
        Assert.Equal(Enumerable.Range(1, 2000).Select(i => $"{i}"), Ids(pipeline.ReadToEnd()));
    }

    [KafkaFact]
    public async Task A05_a_slot_that_is_there_already_is_read_from_its_position()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await pipeline.ExecuteAsync($"CREATE PUBLICATION {pipeline.Name} FOR TABLE a");
        await pipeline.ScalarAsync<string>($"SELECT lsn::text FROM pg_create_logical_replication_slot('{pipeline.Name}', 'pgoutput')");
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1), (2)");
        await using var process = await pipeline.StartStreamingAsync();
        Assert.Equal(["1", "2"], Ids(pipeline.Read(2)));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task A06_a_message_outside_of_transactions_as_the_last_event_and_A07_none_comes_twice_dbz_2004()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.message");
        using var messages = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, $"{pipeline.Name}.message");
        for (int round = 1; round <= 3; round++)
        {
            await using var process = await pipeline.StartStreamingAsync();
            await pipeline.ExecuteAsync($"INSERT INTO a VALUES ({round})");
            await pipeline.ScalarAsync<string>($"SELECT pg_logical_emit_message(false, 'p', 'm{round}')::text");
            Assert.Single(messages.Read(1, TimeSpan.FromSeconds(10)));
            await pipeline.WaitUntilConfirmedAsync();
            Assert.Equal(0, await process.StopAsync(StopLimit));
        }

        await using var last = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (4)");
        Assert.Equal(["1", "2", "3", "4"], Ids(pipeline.Read(4)));
        Assert.Empty(messages.Read(1, TimeSpan.FromSeconds(2)));
        Assert.Equal(0, await last.StopAsync(StopLimit));
        Assert.Equal(4, pipeline.ReadToEnd().Count);
    }

    [KafkaFact]
    public async Task A11_what_is_rolled_back_wholly_or_to_a_savepoint_gives_nothing()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("BEGIN; INSERT INTO a VALUES (1); ROLLBACK");
        await pipeline.ExecuteAsync("BEGIN; INSERT INTO a VALUES (2); SAVEPOINT s; INSERT INTO a VALUES (3); SAVEPOINT t; INSERT INTO a VALUES (4); RELEASE t; ROLLBACK TO s; INSERT INTO a VALUES (5); COMMIT");
        await pipeline.ExecuteAsync("DO $$ BEGIN BEGIN INSERT INTO a VALUES (6); RAISE 'no'; EXCEPTION WHEN OTHERS THEN INSERT INTO a VALUES (7); END; END $$");
        Assert.Equal(["2", "5", "7"], Ids(pipeline.Read(3)));
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(0, await process.StopAsync(StopLimit));
        Assert.Equal(3, pipeline.ReadToEnd().Count);
    }

    [KafkaFact]
    public async Task A12_the_confirmed_position_never_goes_back_over_restarts()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await using (await pipeline.StartStreamingAsync())
        {
        }

        using var stop = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            string highest = "0/0";
            while (!stop.IsCancellationRequested)
            {
                string now = (await pipeline.ScalarAsync<string>($"SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'"))!;
                Assert.True(await pipeline.ScalarAsync<bool>($"SELECT '{now}'::pg_lsn >= '{highest}'::pg_lsn"), $"{now} after {highest}");
                highest = now;
            }
        });
        for (int round = 0; round < 3; round++)
        {
            await using var process = await pipeline.StartStreamingAsync();
            await pipeline.ExecuteAsync($"INSERT INTO a SELECT generate_series({round * 1000}, {(round * 1000) + 999})");
            await Task.Delay(1500);
            await process.KillAsync();
        }

        await stop.CancelAsync();
        await watching;
    }

    [KafkaFact]
    public async Task A13_counters_of_a_transaction_are_right_after_a_kill_in_its_middle()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.transaction");
        pipeline.With("PENSTOCK_PROVIDE_TRANSACTION_METADATA", "true");
        await using (var first = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a SELECT generate_series(1, 20000)");
            Assert.Equal(10, pipeline.Read(10).Count);
            await first.KillAsync();
        }

        await using var second = await pipeline.StartStreamingAsync();
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(0, await second.StopAsync(StopLimit));
        var orders = pipeline.ReadToEnd()
            .GroupBy(record => record.KeyText)
            .Select(key => Assert.Single(key.Select(record => record.Json().GetProperty("transaction").GetProperty("total_order").GetInt64()).Distinct()));
        Assert.Equal(Enumerable.Range(1, 20000).Select(i => (long)i), orders.Order());
        using var metadata = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, $"{pipeline.Name}.transaction");
        var end = metadata.ReadToEnd(TimeSpan.FromSeconds(30))[^1].Json();
        Assert.Equal(("END", 20000), (end.GetProperty("status").GetString(), end.GetProperty("event_count").GetInt64()));
    }

    [KafkaFact]
    public async Task A14_the_origin_of_a_transaction_is_kept_over_a_kill_and_does_not_leak_into_the_next()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await using (var first = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync($"SELECT pg_replication_origin_create('{pipeline.Name}'); SELECT pg_replication_origin_session_setup('{pipeline.Name}'); INSERT INTO a SELECT generate_series(1, 10000)");
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (20001)");
            Assert.Single(pipeline.Read(1));
            await first.KillAsync();
        }

        await using var second = await pipeline.StartStreamingAsync();
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(0, await second.StopAsync(StopLimit));
        var origins = pipeline.ReadToEnd().Select(record => (Id: Ids([record]).Single(), Origin: record.Json().GetProperty("source").GetProperty("origin"))).ToList();
        Assert.All(origins.Where(o => o.Id != "20001"), o => Assert.Equal(pipeline.Name, o.Origin.GetString()));
        Assert.All(origins.Where(o => o.Id == "20001"), o => Assert.Equal(JsonValueKind.Null, o.Origin.ValueKind));
        Assert.Equal(10_001, origins.Select(o => o.Id).Distinct().Count());
    }

    private async Task<TestPipeline> PrepareAsync(string sql)
    {
        var pipeline = await fixture.PrepareAsync(sql, "public.a");
        return pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_SLOT_RETRY_DELAY_MS", "300").With("PENSTOCK_SLOT_MAX_RETRIES", "100");
    }

    private async Task StopInTheMiddleAsync(string load, bool killed)
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await using (var first = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync(load);
            Assert.Equal(5, pipeline.Read(5).Count);
            if (killed)
            {
                await first.KillAsync();
            }
            else
            {
                Assert.Equal(0, await first.StopAsync(StopLimit));
            }
        }

        await using var second = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (30000)");
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(0, await second.StopAsync(StopLimit));
        var ids = Ids(pipeline.ReadToEnd()).ToList();
        // All of them, in order, whatever came again first.
        Assert.Equal(Enumerable.Range(1, 20000).Append(30000).Select(i => $"{i}"), ids.Distinct());
        Assert.Equal("30000", ids[^1]);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static IEnumerable<string> Ids(IEnumerable<TopicRecord> records) => records.Select(record => record.KeyText!["{\"id\":".Length..^1]);
}
