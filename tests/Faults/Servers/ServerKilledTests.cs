using System.Diagnostics;
using System.Runtime.CompilerServices;
using Npgsql;
using Penstock.EndToEnd;
using Penstock.Servers;
using Xunit.Abstractions;

namespace Penstock.Faults.Servers;

/// <summary>What happens to Postgres and its sessions under load: crash recovery, reconnection, nothing lost.</summary>
public class ServerKilledTests(FaultFixture fixture, ITestOutputHelper output) : IClassFixture<FaultFixture>
{
    // Flushed commits survive the kill of every process: what the journal says after recovery is what must be in the topics.
    [KafkaFact]
    public Task Killed_and_started_again_it_is_found_again() => BreakAsync(async postgres =>
    {
        for (int round = 0; round < 2; round++)
        {
            await postgres.KillAsync();
            await postgres.StartAsync();
            await Task.Delay(2000);
        }
    });

    [KafkaFact]
    public Task Stopped_immediately_it_recovers_and_is_found_again() => BreakAsync(postgres => postgres.RestartAsync(PostgresStop.Immediate));

    [KafkaFact]
    public Task Restarted_in_order_it_is_found_again() => BreakAsync(postgres => postgres.RestartAsync());

    [KafkaFact]
    public Task The_walsender_terminated_again_and_again() => BreakAsync(async postgres =>
    {
        for (int i = 0; i < 6; i++)
        {
            await postgres.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
            await Task.Delay(500);
        }
    });

    [KafkaFact]
    public Task Every_session_terminated() => BreakAsync(async postgres =>
    {
        for (int i = 0; i < 3; i++)
        {
            await postgres.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type IN ('client backend', 'walsender')");
            await Task.Delay(1000);
        }
    });

    [KafkaFact]
    public Task A_server_that_stands_still_for_longer_than_its_timeouts() => BreakAsync(async postgres =>
    {
        postgres.Pause();
        await Task.Delay(9000);
        postgres.Continue();
    });

    [KafkaFact]
    public async Task An_orderly_stop_of_the_server_is_held_up_neither_by_an_idle_pipeline_nor_by_one_whose_broker_stands_still()
    {
        await using var lane = await fixture.LaneAsync();
        var postgres = lane.Scene.Postgres;
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var pipeline = await lane.Scene.StartStreamingAsync();
        await Task.Delay(2000);
        var idle = Stopwatch.StartNew();
        await postgres.StopAsync();
        idle.Stop();
        await postgres.StartAsync();
        lane.Load();
        await Task.Delay(3000);
        await lane.Scene.Kafka.PauseAsync();
        await Task.Delay(1000);
        var stalled = Stopwatch.StartNew();
        await postgres.StopAsync();
        stalled.Stop();
        await postgres.StartAsync();
        await lane.Scene.Kafka.ContinueAsync();
        output.WriteRound($"idle {idle.Elapsed.TotalSeconds:F1} s, stalled {stalled.Elapsed.TotalSeconds:F1} s; {await lane.FinishAsync(pipeline)}");
        // The server would wait for ever for a confirmation; pg_ctl gives up after a minute.
        Assert.True(idle.Elapsed < TimeSpan.FromSeconds(15) && stalled.Elapsed < TimeSpan.FromSeconds(15), $"{idle.Elapsed} {stalled.Elapsed}");
    }

    [KafkaFact]
    public async Task Prepared_transactions_arrive_with_their_commit_and_never_when_rolled_back()
    {
        await using var lane = await fixture.LaneAsync();
        await lane.MakeSlotAsync();
        lane.Load(workers: 1, pauseMs: 30);
        await using (var first = await lane.Scene.StartStreamingAsync())
        {
            await PrepareAsync(lane, 9001, "kept");
            await PrepareAsync(lane, 9002, "dropped");
            await Task.Delay(500);
            await first.KillAsync();
        }

        await lane.Scene.Postgres.RestartAsync(PostgresStop.Immediate);
        await using var second = await lane.Scene.StartStreamingAsync();
        await lane.Scene.ExecuteAsync("COMMIT PREPARED 'kept'");
        await lane.Scene.ExecuteAsync("ROLLBACK PREPARED 'dropped'");
        var report = await lane.FinishAsync(second);
        output.WriteRound(report.ToString());
        var keys = lane.Scene.ReadJournalTopics().Select(record => record.KeyText).ToHashSet();
        Assert.Contains("{\"id\":9001}", keys);
        Assert.DoesNotContain("{\"id\":9002}", keys);
    }

    [KafkaFact]
    public async Task One_transaction_of_any_size_passes_in_bounded_memory()
    {
        long rows = FaultOptions.TransactionMb * 1000L;
        await using var lane = await fixture.LaneAsync();
        var scene = lane.Scene;
        await scene.ExecuteAsync("CREATE TABLE bulk (id bigint PRIMARY KEY, body text)");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.bulk");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] += ",public.bulk";
        await lane.MakeSlotAsync();
        await using var pipeline = await scene.StartStreamingAsync();
        lane.Load(workers: 1, pauseMs: 50);
        await using (var connection = new NpgsqlConnection(scene.Postgres.ConnectionString(scene.Database)))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand($"INSERT INTO bulk SELECT i, repeat(md5(i::text), 30) FROM generate_series(1, {rows}) i", connection) { CommandTimeout = 3600 };
            await command.ExecuteNonQueryAsync();
        }

        var committed = DateTimeOffset.UtcNow;
        using var reader = TopicReader.Of(scene.Kafka.Bootstrap, $"{scene.Name}.public.bulk");
        var first = reader.Next(TimeSpan.FromMinutes(5)) ?? throw new ServerException($"no row of the transaction has come\n{pipeline.LastLines()}");
        output.WriteRound(
            $"{FaultOptions.TransactionMb} MB in {rows} rows, the first event {(first.Timestamp - committed).TotalMilliseconds:F0} ms after the commit; {await lane.FinishAsync(pipeline)}; peak {pipeline.PeakMemoryBytes >> 20} MB");
        Assert.InRange(pipeline.PeakMemoryBytes, 1, 200L << 20);
        Assert.Equal(rows, reader.ReadToEnd(TimeSpan.FromSeconds(600)).Append(first).Select(record => record.KeyText).Distinct().LongCount());
    }

    private static Task PrepareAsync(Lane lane, int key, string name) => lane.Scene.ExecuteAsync(
        $"BEGIN; INSERT INTO account (id, version) VALUES ({key}, 1); INSERT INTO journal (tbl, key, version, op) VALUES ('account', {key}, 1, 'c'); PREPARE TRANSACTION '{name}'");

    private async Task BreakAsync(Func<PostgresServer, Task> fault, [CallerMemberName] string test = "")
    {
        await using var lane = await fixture.LaneAsync();
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var pipeline = await lane.Scene.StartStreamingAsync();
        lane.Load();
        await Task.Delay(1500);
        await fault(lane.Scene.Postgres);
        await Task.Delay(1500);
        output.WriteRound((await lane.FinishAsync(pipeline)).ToString(), test);
    }
}
