using System.Diagnostics;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>What is compared by <see cref="Comparison"/>.</summary>
/// <param name="DebeziumFolder">See <see cref="DebeziumConnect"/>.</param>
/// <param name="Rows">Changed rows.</param>
/// <param name="Workload">Which rows.</param>
/// <param name="RowsPerTransaction">As it says.</param>
/// <param name="Schemas">Events carry their schemas.</param>
/// <param name="Set">NAME=VALUE for the pipeline.</param>
/// <param name="DebeziumSet">name=value for Debezium.</param>
internal sealed record ComparisonOptions(string DebeziumFolder, long Rows, Workload Workload, int RowsPerTransaction, bool Schemas, string[] Set, string[] DebeziumSet);

/// <summary>The same backlog, one slot each: <c>pg_recvlogical</c>, Debezium on Kafka Connect, this pipeline, <c>pg_recvlogical</c>, one after the other on the same servers.</summary>
internal sealed class Comparison(BenchScene scene, ComparisonOptions options)
{
    private const string Table = "orders";
    private const string DrainBefore = BenchScene.Name + "_before";
    private const string DrainAfter = BenchScene.Name + "_after";

    private readonly long _records = options.Rows * options.Workload.RecordsPerRow;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        using var debezium = new DebeziumConnect(scene, Path.GetFullPath(options.DebeziumFolder), options.Schemas, options.DebeziumSet);
        Report.Say($"{scene.Versions}; preparing {options.Workload.Name}");
        await options.Workload.PrepareAsync(scene, options.Rows);
        await scene.CreateTopicsAsync([Table], 1);
        await scene.CreateTopicsAsync([Table], 1, DebeziumConnect.TopicPrefix);
        await scene.PublishAsync();
        foreach (string slot in new[] { DrainBefore, DrainAfter, DebeziumConnect.Slot, BenchScene.Name })
        {
            await scene.CreateSlotAsync(slot);
        }

        Report.Say($"writing {options.Rows:N0} rows in transactions of {options.RowsPerTransaction:N0}");
        await options.Workload.WriteAsync(scene, options.Rows, options.RowsPerTransaction);
        string end = await scene.EndOfLogAsync();
        await scene.ExecuteAsync("CHECKPOINT");

        double before = options.Rows / await SlotDrain.RunAsync(scene, DrainBefore, end, cancellation);
        Report.Say($"pg_recvlogical before: {before:N0} rows/s; Debezium:");
        var theirs = await DebeziumAsync(debezium, cancellation);
        Report.Say("postgres-to-kafka:");
        var ours = await PipelineAsync(end, cancellation);
        double drain = Math.Max(before, options.Rows / await SlotDrain.RunAsync(scene, DrainAfter, end, cancellation));
        Report.Say("counting what arrived");
        long lost = options.Rows - ArrivedIds.Count(scene.Bootstrap, [BenchScene.Topic(Table)], _records).Distinct;
        long theirsLost = options.Rows - ArrivedIds.Count(scene.Bootstrap, [BenchScene.Topic(Table, DebeziumConnect.TopicPrefix)], _records).Distinct;
        Tell(drain, ours, lost, theirs, theirsLost);
        return lost == 0 ? 0 : 1;
    }

    private async Task<BacklogRun> DebeziumAsync(DebeziumConnect debezium, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        await using var process = debezium.Start();
        var run = await BacklogRun.WatchAsync(process, clock, scene, [BenchScene.Topic(Table, DebeziumConnect.TopicPrefix)], 1, options.Rows, _records, cancellation);
        // 143: what a Java process answers to SIGTERM.
        return await run.StopAsync(process, 0, 143);
    }

    private async Task<BacklogRun> PipelineAsync(string end, CancellationToken cancellation)
    {
        var settings = scene.Settings(options.Set);
        string schemas = options.Schemas ? "true" : "false";
        settings.TryAdd("PENSTOCK_KEY_CONVERTER_SCHEMAS_ENABLE", schemas);
        settings.TryAdd("PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE", schemas);
        var clock = Stopwatch.StartNew();
        await using var process = PipelineProcess.Start(settings);
        var run = await BacklogRun.WatchAsync(process, clock, scene, [BenchScene.Topic(Table)], 1, options.Rows, _records, cancellation);
        await scene.WaitConfirmedAsync(BenchScene.Name, end, cancellation);
        return await run.StopAsync(process, 0);
    }

    private void Tell(double drain, BacklogRun ours, long lost, BacklogRun theirs, long theirsLost)
    {
        Report.Say($"  {"",-24}{"postgres-to-kafka",18}{"Debezium",12}{"times",8}");
        Row("rows/s", ours.RowsPerSecond, theirs.RowsPerSecond, ours.RowsPerSecond / theirs.RowsPerSecond);
        Row("rows/s, last 70 %", ours.SteadyRowsPerSecond, theirs.SteadyRowsPerSecond, ours.SteadyRowsPerSecond / theirs.SteadyRowsPerSecond);
        Row("CPU per event, us", ours.CpuUsPerEvent, theirs.CpuUsPerEvent, theirs.CpuUsPerEvent / ours.CpuUsPerEvent);
        Row("peak memory, MB", ours.PeakMb, theirs.PeakMb, theirs.PeakMb / ours.PeakMb);
        Row("of pg_recvlogical", ours.RowsPerSecond / drain, theirs.RowsPerSecond / drain, ours.RowsPerSecond / theirs.RowsPerSecond);
        Report.Say($"  {"rows missing",-24}{lost,18:N0}{theirsLost,12:N0}");
        Report.Result(new Dictionary<string, object>
        {
            ["bench"] = "compare",
            ["workload"] = options.Workload.Name,
            ["rows"] = options.Rows,
            ["schemas"] = options.Schemas,
            ["tx"] = options.RowsPerTransaction,
            ["drain_rows_s"] = Math.Round(drain),
            ["rows_s"] = Math.Round(ours.RowsPerSecond),
            ["steady_rows_s"] = Math.Round(ours.SteadyRowsPerSecond),
            ["ratio"] = Math.Round(ours.RowsPerSecond / drain, 3),
            ["cpu_us_per_event"] = Math.Round(ours.CpuUsPerEvent, 2),
            ["rss_mb"] = Math.Round(ours.PeakMb, 1),
            ["lost"] = lost,
            ["debezium_rows_s"] = Math.Round(theirs.RowsPerSecond),
            ["debezium_steady_rows_s"] = Math.Round(theirs.SteadyRowsPerSecond),
            ["debezium_ratio"] = Math.Round(theirs.RowsPerSecond / drain, 3),
            ["debezium_cpu_us_per_event"] = Math.Round(theirs.CpuUsPerEvent, 2),
            ["debezium_rss_mb"] = Math.Round(theirs.PeakMb, 1),
            ["debezium_lost"] = theirsLost,
        });
    }

    private static void Row(string name, double ours, double theirs, double times) => Report.Say($"  {name,-24}{ours,18:N2}{theirs,12:N2}{times,8:N1}");
}
