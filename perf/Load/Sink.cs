using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>
/// Rows/s of <c>kafka-to-postgres</c> over a topic that is full, as a ratio to what the server does with the same rows without it: COPY FROM for rows that are made, one
/// <c>INSERT ... SELECT ... ON CONFLICT</c> for rows that are changed. Both into the same table of the same server, in the same run.
/// </summary>
internal sealed class Sink(BenchScene scene, long rows, string workload, int partitions, string[] set)
{
    private const string Table = BenchScene.Name + ".orders";

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var changes = workload switch
        {
            "creates" => Workload.Find("orders"),
            "upserts" => Workload.Find("update"),
            "mixed" => Workload.Find("mixed"),
            _ => throw new ServerException($"there is no workload '{workload}'; there are creates, upserts and mixed"),
        };
        Report.Say($"{scene.Versions}; {workload}: filling the topic");
        await changes.PrepareAsync(scene, rows);
        await scene.CreateTargetAsync();
        await scene.CreateTopicsAsync(["orders"], partitions);
        await scene.PublishAsync();
        await scene.CreateSlotAsync(BenchScene.Name);
        await changes.WriteAsync(scene, rows, 1000);
        long records = await FillAsync(cancellation);

        double server = workload switch
        {
            "creates" => await CopyAsync(),
            "upserts" => await UpsertAsync(),
            _ => 0,
        };
        Report.Say($"{records:N0} records; the server alone: {server:N0} rows/s");
        var run = await ApplyAsync(records, cancellation);
        const string Sum = $"SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {Table} t";
        string? source = await scene.ScalarAsync<string>(Sum);
        string? target = await TargetScalarAsync<string>(Sum);
        Report.Result(new Dictionary<string, object>
        {
            ["bench"] = "sink",
            ["workload"] = workload,
            ["rows"] = records,
            ["partitions"] = partitions,
            ["rows_s"] = Math.Round(run.RowsPerSecond),
            ["copy_rows_s"] = Math.Round(server),
            ["ratio"] = server == 0 ? 0 : Math.Round(run.RowsPerSecond / server, 3),
            ["cpu_us_per_row"] = Math.Round(run.CpuUs, 2),
            ["rss_mb"] = Math.Round(run.PeakMb, 1),
            ["different"] = source == target ? 0 : 1,
        });
        return source == target ? 0 : 1;
    }

    private async Task<long> FillAsync(CancellationToken cancellation)
    {
        string end = await scene.EndOfLogAsync();
        var settings = scene.Settings([]);
        settings["PENSTOCK_TOMBSTONES_ON_DELETE"] = "false";
        await using var pipeline = PipelineProcess.Start(settings);
        await pipeline.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60), cancellation);
        for (var until = DateTime.UtcNow.AddMinutes(10); !await scene.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= '{end}' FROM pg_replication_slots WHERE slot_name = '{BenchScene.Name}'"); await Task.Delay(200, cancellation))
        {
            if (DateTime.UtcNow > until || pipeline.HasExited)
            {
                throw new ServerException($"the topic was not filled\n{pipeline.LastLines()}");
            }
        }

        await pipeline.StopAsync(TimeSpan.FromSeconds(15));
        using var watch = new TopicWatch(scene.Bootstrap, [BenchScene.Topic("orders")], partitions);
        return watch.Records();
    }

    private async Task<double> CopyAsync()
    {
        // By way of a file of the server's: no client has a part in it.
        const string File = "current_setting('data_directory') || '/penstock_bench.copy'";
        await scene.ExecuteAsync($"DO $do$ BEGIN EXECUTE format('COPY {Table} TO %L', {File}); END $do$");
        await using var target = new NpgsqlConnection(scene.TargetConnection);
        await target.OpenAsync();
        await ExecuteAsync(target, $"TRUNCATE {Table}; CHECKPOINT");
        var clock = Stopwatch.StartNew();
        await using (var copy = new NpgsqlCommand($"DO $do$ BEGIN EXECUTE format('COPY {Table} FROM %L', {File}); END $do$", target) { CommandTimeout = 0 })
        {
            await copy.ExecuteNonQueryAsync();
        }

        double rate = rows / clock.Elapsed.TotalSeconds;
        await ExecuteAsync(target, $"TRUNCATE {Table}; CHECKPOINT");
        return rate;
    }

    private async Task<double> UpsertAsync()
    {
        await using var target = new NpgsqlConnection(scene.TargetConnection);
        await target.OpenAsync();
        await ExecuteAsync(target, $"CREATE TEMP TABLE changed AS SELECT * FROM {Table} ORDER BY random(); CHECKPOINT");
        string columns = await ScalarAsync<string>(target, "SELECT string_agg(format('%1$I = EXCLUDED.%1$I', attname), ', ') FROM pg_attribute WHERE attrelid = 'penstock_bench.orders'::regclass AND attnum > 1") ?? "";
        var clock = Stopwatch.StartNew();
        await ExecuteAsync(target, $"INSERT INTO {Table} OVERRIDING SYSTEM VALUE SELECT * FROM changed ON CONFLICT (id) DO UPDATE SET {columns}");
        double rate = rows / clock.Elapsed.TotalSeconds;
        await ExecuteAsync(target, "VACUUM penstock_bench.orders; CHECKPOINT");
        return rate;
    }

    private async Task<(double RowsPerSecond, double CpuUs, double PeakMb)> ApplyAsync(long records, CancellationToken cancellation)
    {
        var settings = scene.SinkSettings(set);
        await using var target = new NpgsqlConnection(scene.TargetConnection);
        await target.OpenAsync(cancellation);
        var clock = Stopwatch.StartNew();
        await using var sink = PipelineProcess.Start(Repository.KafkaToPostgres(), settings, ["run"]);
        await sink.WaitForLineAsync("taken", TimeSpan.FromSeconds(60), cancellation);
        double beganS = clock.Elapsed.TotalSeconds;
        for (long done = 0; done < records; await Task.Delay(20, cancellation))
        {
            if (sink.HasExited || clock.Elapsed > TimeSpan.FromMinutes(20))
            {
                throw new ServerException(string.Create(CultureInfo.InvariantCulture, $"the sink ended or stalled at {done} of {records}\n{sink.LastLines()}"));
            }

            done = await ScalarAsync<long>(target, "SELECT coalesce(sum(greatest(next_offset, 0)), 0)::bigint FROM penstock.sink_offsets");
        }

        double seconds = clock.Elapsed.TotalSeconds - beganS;
        double cpuUs = sink.CpuTime.TotalMicroseconds / records;
        double peakMb = sink.PeakMemoryBytes / 1048576.0;
        int exit = await sink.StopAsync(TimeSpan.FromSeconds(15));
        return exit == 0 ? (records / seconds, cpuUs, peakMb) : throw new ServerException($"the sink ended with {exit}\n{sink.LastLines()}");
    }

    private async Task<T?> TargetScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(scene.TargetConnection);
        await connection.OpenAsync();
        return await ScalarAsync<T>(connection, sql);
    }

    private static async Task<T?> ScalarAsync<T>(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    // One statement each: CHECKPOINT and VACUUM do not run in a block with others.
    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        foreach (string statement in sql.Split(';', StringSplitOptions.TrimEntries))
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync();
        }
    }
}
