using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
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
        var (distinct, records) = Count();
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

    private async Task<PipelineFigures> RunPipelineAsync(string end, CancellationToken cancellation)
    {
        var settings = scene.Settings(options.Set);
        string schemas = options.Schemas ? "true" : "false";
        settings.TryAdd("PENSTOCK_KEY_CONVERTER_SCHEMAS_ENABLE", schemas);
        settings.TryAdd("PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE", schemas);
        using var watch = new TopicWatch(scene.Bootstrap, _tables.Select(BenchScene.Topic), options.Partitions);
        int lookMs = _tables.Count * options.Partitions > 100 ? 500 : 20;
        var clock = Stopwatch.StartNew();
        await using var pipeline = PipelineProcess.Start(settings);
        double firstS = 0, steadyFromS = 0;
        long steadyFrom = 0, count = 0;
        var lastSaid = Stopwatch.StartNew();
        while (count < _records)
        {
            cancellation.ThrowIfCancellationRequested();
            if (pipeline.HasExited || clock.Elapsed > TimeSpan.FromMinutes(30))
            {
                throw new ServerException($"the pipeline {(pipeline.HasExited ? "ended" : "stalled")} at {count:N0} of {_records:N0} records\n{pipeline.LastLines()}");
            }

            await Task.Delay(lookMs, cancellation);
            count = watch.Records();
            double nowS = clock.Elapsed.TotalSeconds;
            firstS = firstS == 0 && count > 0 ? nowS : firstS;
            if (steadyFrom == 0 && count >= _records * 0.3)
            {
                (steadyFrom, steadyFromS) = (count, nowS);
            }

            if (lastSaid.Elapsed > TimeSpan.FromSeconds(2))
            {
                Report.Say($"  {count,12:N0} records, {count / Math.Max(nowS - firstS, 0.001):N0} a second");
                lastSaid.Restart();
            }
        }

        double lastS = clock.Elapsed.TotalSeconds;
        double cpuUs = pipeline.CpuTime.TotalMicroseconds;
        await scene.WaitConfirmedAsync(end, cancellation);
        double peakMb = pipeline.PeakMemoryBytes / 1048576.0;
        int exit = await pipeline.StopAsync(TimeSpan.FromSeconds(15));
        if (exit != 0)
        {
            throw new ServerException($"the pipeline ended with {exit}\n{pipeline.LastLines()}");
        }

        double perRow = options.Workload.RecordsPerRow;
        return new PipelineFigures(options.Rows / (lastS - firstS), (_records - steadyFrom) / perRow / (lastS - steadyFromS), options.Rows / lastS, cpuUs / options.Rows, peakMb);
    }

    private (long Distinct, long Records) Count()
    {
        using var reader = TopicReader.Of(scene.Bootstrap, _tables.Select(BenchScene.Topic));
        var ids = new HashSet<(string, long)>();
        long records = 0;
        // One by one: a backlog of large records does not fit into memory.
        while (records < _records && reader.Next(TimeSpan.FromSeconds(30)) is { } record)
        {
            records++;
            // The id is the first number of the key, with and without schemas.
            string key = record.KeyText!;
            int payload = key.IndexOf("\"payload\"", StringComparison.Ordinal);
            ids.Add((record.Topic, long.Parse(Regex.Match(payload < 0 ? key : key[payload..], "[0-9]+").Value, CultureInfo.InvariantCulture)));
        }

        while (reader.Next(TimeSpan.FromSeconds(1)) is not null)
        {
            records++;
        }

        return (ids.Count, records);
    }

    private sealed record PipelineFigures(double RowsPerSecond, double SteadyRowsPerSecond, double WallRowsPerSecond, double CpuUsPerEvent, double PeakMb);
}
