using Npgsql;
using Penstock.EndToEnd;
using Penstock.Servers;
using Xunit.Abstractions;

namespace Penstock.Faults.Servers;

/// <summary>What the pipeline tells Postgres, and when: the experiments E1 to E6 as tests, with the real server.</summary>
public class AcknowledgementTests(FaultFixture fixture, ITestOutputHelper output) : IClassFixture<FaultFixture>
{
    [KafkaFact]
    public async Task E1_commits_that_touch_each_other_survive_an_acknowledgement_between_them()
    {
        await using var lane = await fixture.LaneAsync();
        var scene = lane.Scene;
        await scene.ExecuteAsync("CREATE TABLE tick (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.tick");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.tick";
        // What is written before the publication names the table is not in the stream.
        await lane.MakeSlotAsync();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 8).Select(_ => Task.Run(() => TickAsync(scene, stop.Token))).ToList();
        for (int restart = 0; restart < 6; restart++)
        {
            await using var pipeline = await scene.StartStreamingAsync();
            await Task.Delay(lane.Random.Next(1100, 2000));
            // Killed: the last acknowledgement, and nothing after it, is what the next start goes on from.
            await pipeline.KillAsync();
        }

        await stop.CancelAsync();
        long written = (await Task.WhenAll(writers)).Sum();
        await using var last = await scene.StartStreamingAsync();
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(60)), last.LastLines());
        Assert.Equal(0, await last.StopAsync(TimeSpan.FromSeconds(20)));
        using var reader = TopicReader.Of(scene.Kafka.Bootstrap, $"{scene.Name}.public.tick");
        Assert.Equal(written, reader.ReadToEnd(TimeSpan.FromSeconds(60)).Select(record => record.KeyText).Distinct().LongCount());
        output.WriteRound($"{written} commits of eight sessions over six kills, 0 missing");
    }

    [KafkaFact]
    public async Task E4a_a_sink_that_stands_still_for_ten_times_the_servers_timeout_keeps_its_walsender_and_an_idle_one_is_not_answered_in_a_storm()
    {
        await using var lane = await fixture.LaneAsync();
        var scene = lane.Scene;
        // Half of it would do on a machine that has nothing else to do.
        await scene.ExecuteAsync($"ALTER DATABASE {scene.Database} SET wal_sender_timeout = '2s'");
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var pipeline = await scene.StartStreamingAsync();
        long pid = await WalsenderAsync(scene);
        lane.Load();
        await Task.Delay(1500);
        await scene.Kafka.PauseAsync();
        // Megabytes behind which every keepalive waits.
        await scene.ExecuteAsync("INSERT INTO account (id, version, note) SELECT i, 1, repeat('n', 900) FROM generate_series(100001, 150000) i; INSERT INTO journal (tbl, key, version, op) SELECT 'account', i, 1, 'c' FROM generate_series(100001, 150000) i");
        await Task.Delay(20_000);
        Assert.True(pid == await WalsenderAsync(scene), $"the walsender {pid} is gone\n{pipeline.LastLines()}\n{await lane.DescribeAsync()}");
        await scene.Kafka.ContinueAsync();
        await lane.EndLoadAsync();
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(60)), pipeline.LastLines());
        Assert.Equal(pid, await WalsenderAsync(scene));

        double statusesPerSecond = await CountRepliesAsync(scene, pid, seconds: 5) / 5.0;
        // Two for each timeout; a storm would fill every look.
        Assert.InRange(statusesPerSecond, 0.8, 8);
        output.WriteRound($"{statusesPerSecond:F1} status updates a second while idle; {await lane.FinishAsync(pipeline)}");
    }

    [KafkaFact]
    public async Task E4c_traffic_that_is_not_published_moves_the_slot()
    {
        await using var lane = await fixture.LaneAsync();
        var scene = lane.Scene;
        await scene.ExecuteAsync("CREATE TABLE other (id int)");
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var pipeline = await scene.StartStreamingAsync();
        for (int i = 0; i < 3; i++)
        {
            await scene.ExecuteAsync("INSERT INTO other SELECT generate_series(1, 20000)");
            Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(15)), pipeline.LastLines());
        }

        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
        Assert.Empty(scene.ReadJournalTopics());
    }

    [KafkaTheory]
    [InlineData("0")]
    [InlineData("1s")]
    [InlineData("5s")]
    public async Task A_wal_sender_timeout_of(string timeout)
    {
        await using var lane = await fixture.LaneAsync();
        var scene = lane.Scene;
        await scene.ExecuteAsync($"ALTER DATABASE {scene.Database} SET wal_sender_timeout = '{timeout}'");
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var pipeline = await scene.StartStreamingAsync();
        long pid = await WalsenderAsync(scene);
        // Silence of several timeouts, then a change that has to be confirmed soon.
        await Task.Delay(4000);
        lane.Load();
        await Task.Delay(1500);
        await lane.EndLoadAsync();
        // Without keepalives (0) only a captured change moves the slot: the last one is.
        await scene.ExecuteAsync("INSERT INTO account (id, version) VALUES (100000, 1); INSERT INTO journal (tbl, key, version, op) VALUES ('account', 100000, 1, 'c')");
        Assert.Equal(pid, await WalsenderAsync(scene));
        string confirmed = (await scene.ScalarAsync<string>("SELECT max(pg_current_wal_lsn())::text"))!;
        for (int i = 0; i < 50 && !await scene.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= pg_lsn '{confirmed}' - 200::numeric FROM pg_replication_slots WHERE slot_name = '{scene.Name}'"); i++)
        {
            await Task.Delay(200);
        }

        Assert.True(await scene.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= pg_lsn '{confirmed}' - 200::numeric FROM pg_replication_slots WHERE slot_name = '{scene.Name}'"), await lane.DescribeAsync());
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
        var report = await scene.CompareHistoriesAsync();
        Assert.True(report.IsClean, report.ToString());
    }

    [KafkaFact]
    public async Task A_row_of_200_MB_is_left_out_by_policy_and_those_around_it_arrive()
    {
        await using var lane = await fixture.LaneAsync();
        var scene = lane.Scene;
        scene.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        scene.Settings["PENSTOCK_ON_OVERSIZE"] = "skip";
        await using var pipeline = await scene.StartStreamingAsync();
        await scene.ExecuteAsync("INSERT INTO account (id, version) VALUES (1, 1); INSERT INTO account (id, version, note) VALUES (2, 1, repeat('0123456789', 20000000)); INSERT INTO account (id, version) VALUES (3, 1)");
        await pipeline.WaitForLineAsync("left out: record of 200000[0-9]+ bytes", TimeSpan.FromSeconds(120));
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(60)), pipeline.LastLines());
        output.WriteRound($"peak {pipeline.PeakMemoryBytes >> 20} MB");
        // Of the row once as it came; of its event the last and the last but one of the buffers that it outgrew, and a copy between them: five to six times its size.
        Assert.InRange(pipeline.PeakMemoryBytes, 1, 1400L << 20);
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(["{\"id\":1}", "{\"id\":3}"], scene.ReadJournalTopics().Select(record => record.KeyText));
    }

    private static Task<long> WalsenderAsync(PipelineScene scene) => scene.ScalarAsync<long>($"SELECT coalesce(max(active_pid), 0)::bigint FROM pg_replication_slots WHERE slot_name = '{scene.Name}'");

    /// <summary>How many different times of the last reply the server tells, looking twenty times a second.</summary>
    private static async Task<int> CountRepliesAsync(PipelineScene scene, long walsender, int seconds)
    {
        await using var connection = new NpgsqlConnection(scene.Postgres.ConnectionString(scene.Database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT reply_time::text FROM pg_stat_replication WHERE pid = {walsender}", connection);
        var replies = new HashSet<string>();
        for (int look = 0; look < seconds * 20; look++)
        {
            replies.Add(await command.ExecuteScalarAsync() as string ?? "");
            await Task.Delay(50);
        }

        return replies.Count;
    }

    private static async Task<long> TickAsync(PipelineScene scene, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(scene.Postgres.ConnectionString(scene.Database));
        await connection.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand("INSERT INTO tick DEFAULT VALUES", connection);
        long written = 0;
        while (!stop.IsCancellationRequested)
        {
            written += await command.ExecuteNonQueryAsync(CancellationToken.None);
        }

        return written;
    }
}
