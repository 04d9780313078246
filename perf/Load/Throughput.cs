using System.Diagnostics;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>What is measured by <see cref="Throughput"/>.</summary>
/// <param name="Rows">Changed rows.</param>
/// <param name="Workload">Which rows.</param>
/// <param name="RowsPerTransaction">As it says.</param>
/// <param name="Tables">Above one: the orders workload over as many tables.</param>
/// <param name="Partitions">Of each topic.</param>
/// <param name="Schemas">Events carry their schemas.</param>
/// <param name="Tls">The database over TLS; and once more without, in the same run.</param>
/// <param name="Set">NAME=VALUE for the pipeline.</param>
internal sealed record ThroughputOptions(long Rows, Workload Workload, int RowsPerTransaction, int Tables, int Partitions, bool Schemas, bool Tls, string[] Set);

/// <summary>
/// The base measurement: rows/s of the pipeline over a backlog, as a ratio to <c>pg_recvlogical ... -f /dev/null</c> over slots made at the same moment (before and after, the faster counts).
/// </summary>
internal sealed class Throughput(BenchScene scene, ThroughputOptions options)
{
    private const string DrainBefore = BenchScene.Name + "_before";
    private const string DrainAfter = BenchScene.Name + "_after";
    private const string Plain = BenchScene.Name + "_plain";
    private const string PlainPrefix = "bench-plain";

    private readonly long _records = options.Rows * options.Workload.RecordsPerRow;
    private IReadOnlyList<string> _tables = ["orders"];

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        string end = await PrepareAsync();
        double before = options.Rows / await SlotDrain.RunAsync(scene, DrainBefore, end, cancellation);
        Report.Say($"pg_recvlogical before: {before:N0} rows/s");
        BacklogRun? plain = null;
        if (options.Tls)
        {
            plain = await RunPipelineAsync(end, new() { ["PENSTOCK_NAME"] = Plain, ["PENSTOCK_PUBLICATION_NAME"] = BenchScene.Name, ["PENSTOCK_TOPIC_PREFIX"] = PlainPrefix }, cancellation);
            Report.Say("over TLS:");
        }

        var run = await RunPipelineAsync(end, options.Tls ? new() { ["DATABASE_URL"] = scene.TlsDatabaseUrl } : [], cancellation);
        double after = options.Rows / await SlotDrain.RunAsync(scene, DrainAfter, end, cancellation);
        Report.Say($"pg_recvlogical after:  {after:N0} rows/s; counting what arrived");
        var (distinct, records) = ArrivedIds.Count(scene.Bootstrap, _tables.Select(table => BenchScene.Topic(table)), _records);
        double drain = Math.Max(before, after);
        var figures = new Dictionary<string, object>
        {
            ["bench"] = "throughput",
            ["workload"] = options.Workload.Name,
            ["rows"] = options.Rows,
            ["schemas"] = options.Schemas,
            ["tables"] = options.Tables,
            ["partitions"] = options.Partitions,
            ["tx"] = options.RowsPerTransaction,
            ["drain_rows_s"] = Math.Round(drain),
            ["rows_s"] = Math.Round(run.RowsPerSecond),
            ["steady_rows_s"] = Math.Round(run.SteadyRowsPerSecond),
            ["wall_rows_s"] = Math.Round(run.WallRowsPerSecond),
            ["ratio"] = Math.Round(run.RowsPerSecond / drain, 3),
            ["cpu_us_per_event"] = Math.Round(run.CpuUsPerEvent, 2),
            ["rss_mb"] = Math.Round(run.PeakMb, 1),
            ["lost"] = options.Rows - distinct,
            ["duplicated"] = records - (distinct * options.Workload.RecordsPerRow),
        };
        if (plain is not null)
        {
            figures["plain_rows_s"] = Math.Round(plain.RowsPerSecond);
            figures["plain_cpu_us_per_event"] = Math.Round(plain.CpuUsPerEvent, 2);
            figures["of_plain"] = Math.Round(run.RowsPerSecond / plain.RowsPerSecond, 3);
        }

        Report.Result(figures);
        return distinct == options.Rows ? 0 : 1;
    }

    /// <summary>Makes tables, topics, slots and the backlog; returns the LSN behind it.</summary>
    private async Task<string> PrepareAsync()
    {
        Report.Say($"{scene.Versions}; preparing {options.Workload.Name}");
        await options.Workload.PrepareAsync(scene, options.Rows);
        if (options.Tables > 1)
        {
            _tables = await Workload.MakeTablesAsync(scene, options.Tables);
        }

        await scene.CreateTopicsAsync(_tables, options.Partitions);
        await scene.PublishAsync();
        string[] slots = [DrainBefore, DrainAfter, BenchScene.Name];
        if (options.Tls)
        {
            await scene.CreateTopicsAsync(_tables, options.Partitions, PlainPrefix);
            slots = [.. slots, Plain];
        }

        foreach (string slot in slots)
        {
            await scene.CreateSlotAsync(slot);
        }

        Report.Say($"writing {options.Rows:N0} rows in transactions of {options.RowsPerTransaction:N0}");
        await (options.Tables > 1 ? Workload.SpreadAsync(scene, options.Rows, options.RowsPerTransaction) : options.Workload.WriteAsync(scene, options.Rows, options.RowsPerTransaction));
        string end = await scene.EndOfLogAsync();
        await scene.ExecuteAsync("CHECKPOINT");
        return end;
    }

    private async Task<BacklogRun> RunPipelineAsync(string end, Dictionary<string, string> own, CancellationToken cancellation)
    {
        var settings = scene.Settings([.. own.Select(setting => $"{setting.Key}={setting.Value}"), .. options.Set]);
        string schemas = options.Schemas ? "true" : "false";
        settings.TryAdd("PENSTOCK_KEY_CONVERTER_SCHEMAS_ENABLE", schemas);
        settings.TryAdd("PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE", schemas);
        var clock = Stopwatch.StartNew();
        await using var pipeline = PipelineProcess.Start(settings);
        var run = await BacklogRun.WatchAsync(pipeline, clock, scene, _tables.Select(table => BenchScene.Topic(table, settings["PENSTOCK_TOPIC_PREFIX"])), options.Partitions, options.Rows, _records, cancellation);
        await scene.WaitConfirmedAsync(settings["PENSTOCK_NAME"], end, cancellation);
        return await run.StopAsync(pipeline, expectedExit: 0);
    }
}
