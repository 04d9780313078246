using System.Globalization;
using System.Text.RegularExpressions;
using Penstock.Servers;
using Penstock.Servers.Histories;

namespace Penstock.Faults;

/// <summary>A scene with its workload: what a test breaks things around, and then asks whether everything arrived.</summary>
internal sealed class Lane(PipelineScene scene, int seed) : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _stop = new();
    private Task _load = Task.CompletedTask;

    public PipelineScene Scene { get; } = scene;

    public Dictionary<string, string> Settings => Scene.Settings;

    public Random Random { get; } = new(seed);

    public JournaledWorkload Workload { get; } = new(scene.Postgres.ConnectionString(scene.Database), seed);

    /// <summary>Starts the transactions.</summary>
    public void Load(int workers = 2, int pauseMs = 20) => _load = Workload.RunAsync(workers, pauseMs, _stop.Token);

    public async Task EndLoadAsync()
    {
        await _stop.CancelAsync();
        await _load;
    }

    /// <summary>Makes the slot: from then on every change must arrive.</summary>
    public async Task MakeSlotAsync()
    {
        Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var first = await Scene.StartStreamingAsync();
        Assert.Equal(0, await first.StopAsync(StopLimit));
    }

    /// <summary>Ends the load, waits until the running pipeline has confirmed everything and is stopped, and compares.</summary>
    /// <exception cref="Xunit.Sdk.XunitException">Something is missing, out of order or different; the slot does not advance; memory is above the bound.</exception>
    public async Task<HistoryReport> FinishAsync(PipelineProcess pipeline, bool snapshot = false, IReadOnlyList<TopicRecord>? before = null)
    {
        await EndLoadAsync();
        Assert.True(await Scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(120)), $"the slot does not advance\n{pipeline.LastLines()}");
        double boundMb = double.Parse((await pipeline.WaitForLineAsync("memory bound.*?([0-9.]+) MB", TimeSpan.FromSeconds(5))).Groups[1].Value, CultureInfo.InvariantCulture);
        double peakMb = pipeline.PeakMemoryBytes / 1048576.0;
        Assert.True(peakMb < boundMb, $"{peakMb:F1} MB at the peak, the bound is {boundMb:F1} MB");
        Assert.Equal(0, await pipeline.StopAsync(StopLimit));
        var report = await Scene.CompareHistoriesAsync(snapshot, before);
        Assert.True(report.IsClean, report.ToString());
        Assert.True(report.Changes > 0, "the workload committed nothing");
        return report;
    }

    /// <summary>
    /// Rows in the topics that all but the last snapshot have left. Without a slot they say nothing of the changes between: each snapshot is whole by itself.
    /// </summary>
    public IReadOnlyList<TopicRecord> RowsOfEarlierSnapshots()
    {
        var rows = Scene.ReadJournalTopics()
            .Where(record => record.ValueText?.Contains("\"op\":\"r\"", StringComparison.Ordinal) == true)
            .Select(record => (Record: record, Lsn: long.Parse(Regex.Match(record.ValueText!, "\"lsn\":([0-9]+)").Groups[1].Value, CultureInfo.InvariantCulture)))
            .ToList();
        return [.. rows.Where(row => row.Lsn < rows.Max(other => other.Lsn)).Select(row => row.Record)];
    }

    /// <summary>The same with a last start.</summary>
    public async Task<HistoryReport> FinishAsync()
    {
        await using var last = await Scene.StartStreamingAsync();
        return await FinishAsync(last);
    }

    /// <summary>What the server says of its sessions and slots, for a failure's message.</summary>
    public Task<string?> DescribeAsync() => Scene.ScalarAsync<string>(
        """
        SELECT string_agg(line, E'\n') FROM (
            SELECT concat_ws(' ', datname, pid, backend_type, state, wait_event_type, wait_event, pg_blocking_pids(pid)::text, now() - xact_start, left(query, 60)) FROM pg_stat_activity
            WHERE datname IS NOT NULL
            UNION ALL SELECT concat_ws(' ', slot_name, active_pid, restart_lsn, confirmed_flush_lsn) FROM pg_replication_slots
            UNION ALL SELECT concat_ws(' ', pid, state, sent_lsn, flush_lsn, pg_current_wal_lsn()) FROM pg_stat_replication) AS lines (line)
        """);

    public async ValueTask DisposeAsync()
    {
        await EndLoadAsync();
        _stop.Dispose();
        // A slot that stays would keep the write-ahead log of all the tests to come.
        for (int attempt = 0; attempt < 50 && Scene.Postgres.ProcessId is not null && await Scene.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM pg_replication_slots WHERE database = '{Scene.Database}')"); attempt++)
        {
            await Scene.ExecuteAsync($"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '{Scene.Database}' AND NOT active");
            await Task.Delay(100);
        }
    }
}
