using Npgsql;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>
/// Commit in one database to commit in another, through Kafka, by the server's own record of both (<c>track_commit_timestamp</c>): <c>postgres-to-kafka</c> and <c>kafka-to-postgres</c> in a row, one clock, open-loop load.
/// </summary>
internal sealed class CopyLatency(BenchScene scene, int rate, int seconds, string[] set)
{
    private const string Table = BenchScene.Name + ".orders";

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (await scene.ScalarAsync<string>("SHOW track_commit_timestamp") != "on")
        {
            throw new ServerException("the server has to note when transactions are committed: ALTER SYSTEM SET track_commit_timestamp = on; and restart it");
        }

        Report.Say($"{scene.Versions}; {rate:N0} rows/s for {seconds} s after {OpenLoad.WarmUpS} s of warm-up, from one database to another");
        await Workload.Find("orders").PrepareAsync(scene, 0);
        await scene.CreateTargetAsync();
        await scene.CreateTopicsAsync(["orders"], 1);
        await scene.PublishAsync();
        await scene.CreateSlotAsync(BenchScene.Name);
        await using var source = PipelineProcess.Start(scene.Settings(set));
        await source.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(30), cancellation);
        await using var sink = PipelineProcess.Start(Repository.KafkaToPostgres(), scene.SinkSettings([]), ["run"]);
        await sink.WaitForLineAsync("taken", TimeSpan.FromSeconds(60), cancellation);

        var (sourceCpu, sinkCpu) = (source.CpuTime, sink.CpuTime);
        long from = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + (OpenLoad.WarmUpS * 1000);
        var load = new OpenLoad(scene, rate, seconds);
        await load.RunAsync(cancellation);
        var (sourceUs, sinkUs) = ((source.CpuTime - sourceCpu).TotalMicroseconds / load.Rows, (sink.CpuTime - sinkCpu).TotalMicroseconds / load.Rows);
        var committed = await CommitsAsync(scene.ConnectionString, cancellation);
        var applied = await AppliedAsync(committed.Count, cancellation);
        var delaysMs = committed.Where(row => row.Value / 1000 >= from && applied.ContainsKey(row.Key)).Select(row => (applied[row.Key] - row.Value) / 1000.0).Order().ToList();
        int missing = committed.Keys.Count(id => !applied.ContainsKey(id));
        await sink.StopAsync(TimeSpan.FromSeconds(15));
        await source.StopAsync(TimeSpan.FromSeconds(15));
        Report.Result(new Dictionary<string, object>
        {
            ["bench"] = "copy",
            ["rate"] = rate,
            ["p50_ms"] = Math.Round(Report.Percentile(delaysMs, 0.5), 2),
            ["p99_ms"] = Math.Round(Report.Percentile(delaysMs, 0.99), 2),
            ["max_ms"] = Math.Round(delaysMs.Count == 0 ? 0 : delaysMs[^1], 2),
            ["n"] = delaysMs.Count,
            ["missing"] = missing,
            ["reached_rate"] = Math.Round(load.RowsPerSecond),
            ["load_late_p99_ms"] = load.LateP99Ms,
            ["source_cpu_us_per_row"] = Math.Round(sourceUs, 2),
            ["sink_cpu_us_per_row"] = Math.Round(sinkUs, 2),
        });
        return delaysMs.Count > 0 && missing == 0 ? 0 : 1;
    }

    private async Task<Dictionary<long, long>> AppliedAsync(int rows, CancellationToken cancellation)
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); ; await Task.Delay(200, cancellation))
        {
            var applied = await CommitsAsync(scene.TargetConnection, cancellation);
            if (applied.Count >= rows || DateTime.UtcNow > until)
            {
                return applied;
            }
        }
    }

    /// <summary>When each row was committed, in microseconds since 1970, by its id.</summary>
    private static async Task<Dictionary<long, long>> CommitsAsync(string connectionString, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand($"SELECT id, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint FROM {Table}", connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var commits = new Dictionary<long, long>();
        while (await reader.ReadAsync(cancellation))
        {
            commits[reader.GetInt64(0)] = reader.GetInt64(1);
        }

        return commits;
    }
}
