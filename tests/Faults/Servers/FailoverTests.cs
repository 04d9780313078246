using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.EndToEnd;
using Penstock.Servers;
using Penstock.Servers.Histories;
using Penstock.Servers.Proxies;
using Xunit.Abstractions;

namespace Penstock.Faults.Servers;

/// <summary>The primary dies under load and a standby is promoted, behind an address that stays the same, as platforms do it.</summary>
public class FailoverTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, string> SynchronizingSettings = new()
    {
        ["primary_slot_name"] = "standby",
        ["hot_standby_feedback"] = "on",
        ["sync_replication_slots"] = "on",
        ["synchronized_standby_slots"] = "",
    };

    [KafkaFact]
    public async Task A_promoted_standby_without_the_slot_is_a_gap_that_is_named_and_read_again_where_told()
    {
        await using var scene = await PipelineScene.CreateAsync();
        await scene.PrepareJournalAsync();
        await using var standby = await scene.Postgres.CreateStandbyAsync();
        await using var address = new TcpProxy { TargetPort = scene.Postgres.Port };
        await using var lane = Lane(scene, address);
        await using (var pipeline = await scene.StartStreamingAsync())
        {
            lane.Load();
            await Task.Delay(3000);
            await FailOverAsync(scene, standby, address);
            await lane.EndLoadAsync();
            Assert.Equal(3, await pipeline.WaitForExitAsync(Limit));
            Assert.Contains(pipeline.Lines, line => line.Contains("level=error", StringComparison.Ordinal) && line.Contains("is gone since", StringComparison.Ordinal));
            Assert.Contains(pipeline.Lines, line => line.Contains("PENSTOCK_ON_GAP=resnapshot", StringComparison.Ordinal));
        }

        scene.Settings["PENSTOCK_ON_GAP"] = "resnapshot";
        await using var again = await scene.StartStreamingAsync();
        await standby.ExecuteAsync("UPDATE account SET version = version + 1000 WHERE id % 3 = 0");
        Assert.True(await ConfirmedAsync(standby, scene), again.LastLines());
        Assert.Equal(0, await again.StopAsync(TimeSpan.FromSeconds(20)));
        string rows = await AssertLastWordsAsync(scene, standby);
        output.WriteRound($"{rows.Split(' ').Length} rows after the promotion, each the last word of its key");
    }

    [FailoverSlotFact]
    public async Task A_promoted_standby_with_the_synchronized_slot_goes_on_by_itself_and_nothing_is_lost()
    {
        await using var scene = await PipelineScene.CreateAsync(new PostgresServerOptions
        {
            // Nothing leaves the server before the standby has it: what was delivered is there after the promotion too.
            Settings = new Dictionary<string, string> { ["synchronized_standby_slots"] = "standby", ["wal_sender_timeout"] = "6s" },
        });
        await scene.PrepareJournalAsync();
        await using var standby = await scene.Postgres.CreateStandbyAsync(SynchronizingSettings);
        await scene.ExecuteAsync("SELECT pg_create_physical_replication_slot('standby')");
        await using var address = new TcpProxy { TargetPort = scene.Postgres.Port };
        await using var lane = Lane(scene, address);
        scene.Settings["PENSTOCK_SLOT_FAILOVER"] = "true";
        await lane.MakeSlotAsync();
        await using var pipeline = await scene.StartStreamingAsync();
        lane.Load();
        await UntilSynchronizedAsync(standby);
        await Task.Delay(3000);
        await FailOverAsync(scene, standby, address);
        await lane.EndLoadAsync();
        await pipeline.WaitForLineAsync("the server was promoted", Limit);
        await pipeline.WaitForLineAsync("msg=\"?over: the pipeline is interrupted", Limit);
        await standby.ExecuteAsync("INSERT INTO account (id, version) VALUES (100000, 1); INSERT INTO journal (tbl, key, version, op) VALUES ('account', 100000, 1, 'c')");
        Assert.True(await ConfirmedAsync(standby, scene), pipeline.LastLines());
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
        var report = await HistoryCheck.CompareAsync(standby.ConnectionString(), scene.ReadJournalTopics(), snapshot: false);
        output.WriteRound(report.ToString());
        Assert.True(report.IsClean && report.Changes > 1, report.ToString());
    }

    [KafkaFact]
    public async Task R32_a_failover_during_a_pause_is_a_gap_that_resume_names_and_tables_are_read_again_where_told()
    {
        await using var scene = await PipelineScene.CreateAsync();
        await scene.PrepareJournalAsync();
        await using var standby = await scene.Postgres.CreateStandbyAsync();
        await using var address = new TcpProxy { TargetPort = scene.Postgres.Port };
        await using var lane = Lane(scene, address);
        await using (var pipeline = await scene.StartStreamingAsync())
        {
            await PauseAndFailOverAsync(scene, standby, address, pipeline);
            // Paused on the new server too, until somebody resumes: the flag came with the data, the slot did not.
            await Task.Delay(5000);
            Assert.False(pipeline.HasExited, pipeline.LastLines());
            Assert.DoesNotContain(pipeline.Lines, line => line.Contains("msg=resumed", StringComparison.Ordinal));
            await ResumeAsync(scene);
            Assert.Equal(3, await pipeline.WaitForExitAsync(Limit));
            Assert.Contains(pipeline.Lines, line => Regex.IsMatch(line, "level=error .*[0-9A-F]+/[0-9A-F]+.*is gone since|level=error .*is gone since.*[0-9A-F]+/[0-9A-F]+"));
        }

        scene.Settings["PENSTOCK_ON_GAP"] = "resnapshot";
        await using var again = await scene.StartStreamingAsync();
        await standby.ExecuteAsync("INSERT INTO account (id, version) VALUES (100001, 1)");
        Assert.True(await ConfirmedAsync(standby, scene), again.LastLines());
        Assert.Equal(0, await again.StopAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("100000:1 100001:1", await AssertLastWordsAsync(scene, standby), StringComparison.Ordinal);
    }

    [FailoverSlotFact]
    public async Task R32_a_failover_during_a_pause_loses_nothing_with_the_synchronized_slot()
    {
        await using var scene = await PipelineScene.CreateAsync(new PostgresServerOptions { Settings = new Dictionary<string, string> { ["synchronized_standby_slots"] = "standby", ["wal_sender_timeout"] = "6s" } });
        await scene.PrepareJournalAsync();
        await using var standby = await scene.Postgres.CreateStandbyAsync(SynchronizingSettings);
        await scene.ExecuteAsync("SELECT pg_create_physical_replication_slot('standby')");
        await using var address = new TcpProxy { TargetPort = scene.Postgres.Port };
        await using var lane = Lane(scene, address);
        scene.Settings["PENSTOCK_SLOT_FAILOVER"] = "true";
        await lane.MakeSlotAsync();
        await using var pipeline = await scene.StartStreamingAsync();
        lane.Load();
        await UntilSynchronizedAsync(standby);
        await lane.EndLoadAsync();
        await PauseAndFailOverAsync(scene, standby, address, pipeline);
        await ResumeAsync(scene);
        await pipeline.WaitForLineAsync("the server was promoted", Limit);
        Assert.True(await ConfirmedAsync(standby, scene), pipeline.LastLines());
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
        var report = await HistoryCheck.CompareAsync(standby.ConnectionString(), scene.ReadJournalTopics(), snapshot: false);
        output.WriteRound(report.ToString());
        Assert.True(report.IsClean && report.Changes > 1, report.ToString());
        Assert.Contains("100000:1", await standby.ScalarAsync<string>("SELECT string_agg(id || ':' || version, ' ') FROM account"), StringComparison.Ordinal);
    }

    /// <summary>Pauses, writes a row that only the write-ahead log tells of, and promotes the standby when it has the row.</summary>
    private static async Task PauseAndFailOverAsync(PipelineScene scene, PostgresServer standby, TcpProxy address, PipelineProcess pipeline)
    {
        await using (var pause = scene.Start("pause"))
        {
            Assert.Equal(0, await pause.WaitForExitAsync(Limit));
        }

        await pipeline.WaitForLineAsync("msg=\"?paused", Limit);
        await scene.ExecuteAsync("INSERT INTO account (id, version) VALUES (100000, 1); INSERT INTO journal (tbl, key, version, op) VALUES ('account', 100000, 1, 'c')");
        for (var until = DateTime.UtcNow + Limit; !await standby.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM account WHERE id = 100000)"); await Task.Delay(100))
        {
            Assert.True(DateTime.UtcNow < until, "the standby does not follow");
        }

        await FailOverAsync(scene, standby, address);
    }

    private static async Task ResumeAsync(PipelineScene scene)
    {
        await using var resume = scene.Start("resume");
        Assert.Equal(0, await resume.WaitForExitAsync(Limit));
    }

    /// <summary>Whatever was between: for each row that there is, the topic's last word is the row.</summary>
    /// <returns>The rows.</returns>
    private static async Task<string> AssertLastWordsAsync(PipelineScene scene, PostgresServer standby)
    {
        var last = new Dictionary<int, long>();
        foreach (var record in scene.ReadJournalTopics().Where(record => record.Topic.EndsWith(".account", StringComparison.Ordinal) && record.Value is not null))
        {
            using var value = JsonDocument.Parse(record.Value!);
            if (value.RootElement.GetProperty("after") is { ValueKind: JsonValueKind.Object } row)
            {
                last[row.GetProperty("id").GetInt32()] = row.GetProperty("version").GetInt64();
            }
        }

        string rows = await standby.ScalarAsync<string>("SELECT string_agg(id || ':' || version, ' ' ORDER BY id) FROM account") ?? "";
        Assert.Equal(rows, string.Join(' ', rows.Split(' ').Select(row => int.Parse(row.Split(':')[0], null)).Select(id => $"{id}:{last.GetValueOrDefault(id)}")));
        return rows;
    }

    private static async Task UntilSynchronizedAsync(PostgresServer standby)
    {
        const string synced = "SELECT coalesce(bool_or(synced AND NOT temporary AND invalidation_reason IS NULL), false) FROM pg_replication_slots WHERE slot_name = 'scene'";
        for (var until = DateTime.UtcNow + Limit; !await standby.ScalarAsync<bool>(synced); await Task.Delay(500))
        {
            Assert.True(DateTime.UtcNow < until, "the standby does not synchronize the slot");
        }
    }

    private static Lane Lane(PipelineScene scene, TcpProxy address)
    {
        scene.Settings["DATABASE_URL"] = $"postgres://postgres@127.0.0.1:{address.Port}/postgres";
        scene.Settings["PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS"] = "1000";
        return new Lane(scene, FaultOptions.Seed);
    }

    private static async Task FailOverAsync(PipelineScene scene, PostgresServer standby, TcpProxy address)
    {
        await scene.Postgres.KillAsync();
        await standby.PromoteAsync();
        address.TargetPort = standby.Port;
    }

    private static async Task<bool> ConfirmedAsync(PostgresServer server, PipelineScene scene)
    {
        string head = await server.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text") ?? "";
        for (var until = DateTime.UtcNow + Limit; DateTime.UtcNow < until; await Task.Delay(200))
        {
            if (await server.ScalarAsync<bool>($"SELECT coalesce(bool_or(confirmed_flush_lsn >= '{head}'), false) FROM pg_replication_slots WHERE slot_name = '{scene.Name}'"))
            {
                return true;
            }
        }

        return false;
    }
}
