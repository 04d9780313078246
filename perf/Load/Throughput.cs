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
/// <param name="Set">NAME=VALUE for the pipeline.</param>
internal sealed record ThroughputOptions(long Rows, Workload Workload, int RowsPerTransaction, int Tables, int Partitions, bool Schemas, string[] Set);

/// <summary>
/// The base measurement: rows/s of the pipeline over a backlog, as a ratio to <c>pg_recvlogical ... -f /dev/null</c> over slots made at the same moment (before and after, the faster counts).
/// </summary>
internal sealed class Throughput(BenchScene scene, ThroughputOptions options)
{
    private const string DrainBefore = BenchScene.Name + "_before";
    private const string DrainAfter = BenchScene.Name + "_after";

    private readonly long _records = options.Rows * options.Workload.RecordsPerRow;
    private IReadOnlyList<string> _tables = ["orders"];

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        Report.Say($"{scene.Versions}; preparing {options.Workload.Name}");
        await options.Workload.PrepareAsync(scene, options.Rows);
        if (options.Tables > 1)
        {
            _tables = await Workload.MakeTablesAsync(scene, options.Tables);
        }

        await scene.CreateTopicsAsync(_tables, options.Partitions);
        await scene.PublishAsync();
        foreach (string slot in new[] { DrainBefore, DrainAfter, BenchScene.Name })
        {
            await scene.CreateSlotAsync(slot);
        }

        Report.Say($"writing {options.Rows:N0} rows in transactions of {options.RowsPerTransaction:N0}");
        await (options.Tables > 1 ? Workload.SpreadAsync(scene, options.Rows, options.RowsPerTransaction) : options.Workload.WriteAsync(scene, options.Rows, options.RowsPerTransaction));
        string end = await scene.EndOfLogAsync();
        await scene.ExecuteAsync("CHECKPOINT");

        double before = options.Rows / await SlotDrain.RunAsync(scene, DrainBefore, end, cancellation);
        Report.Say($"pg_recvlogical before: {before:N0} rows/s");
        var run = await RunPipelineAsync(end, cancellation);
        double after = options.Rows / await SlotDrain.RunAsync(scene, DrainAfter, end, cancellation);
        Report.Say($"pg_recvlogical after:  {after:N0} rows/s; counting what arrived");
        var (distinct, records) = ArrivedIds.Count(scene.Bootstrap, _tables.Select(table => BenchScene.Topic(table)), _records);
        double drain = Math.Max(before, after);
        Report.Result(new Dictionary<string, object>
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
        });
        return distinct == options.Rows ? 0 : 1;
    }

    private async Task<BacklogRun> RunPipelineAsync(string end, CancellationToken cancellation)
    {
        var settings = scene.Settings(options.Set);
        string schemas = options.Schemas ? "true" : "false";
        settings.TryAdd("PENSTOCK_KEY_CONVERTER_SCHEMAS_ENABLE", schemas);
        settings.TryAdd("PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE", schemas);
        var clock = Stopwatch.StartNew();
        await using var pipeline = PipelineProcess.Start(settings);
        var run = await BacklogRun.WatchAsync(pipeline, clock, scene, _tables.Select(table => BenchScene.Topic(table)), options.Partitions, options.Rows, _records, cancellation);
        await scene.WaitConfirmedAsync(BenchScene.Name, end, cancellation);
        return await run.StopAsync(pipeline, expectedExit: 0);
    }
}
