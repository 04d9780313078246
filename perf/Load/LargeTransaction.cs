using System.Diagnostics;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>One transaction of many bytes: the server sends it at its commit, and the pipeline must carry it in bounded memory.</summary>
internal sealed class LargeTransaction(BenchScene scene, long bytes, string[] set)
{
    // A row of the table below is 1,024 characters of text and an id.
    private const int RowBytes = 1100;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        long rows = bytes / RowBytes;
        Report.Say($"{scene.Versions}; one transaction of {rows:N0} rows, {bytes:N0} bytes");
        await scene.ExecuteAsync("CREATE TABLE penstock_bench.orders (id bigint PRIMARY KEY, body text)");
        await scene.CreateTopicsAsync(["orders"], 1);
        await scene.PublishAsync();
        await scene.CreateSlotAsync(BenchScene.Name);
        await scene.ExecuteAsync($"INSERT INTO penstock_bench.orders SELECT i, repeat(md5(i::text), 32) FROM generate_series(1, {rows}) i");
        string end = await scene.EndOfLogAsync();

        using var watch = new TopicWatch(scene.Bootstrap, [BenchScene.Topic("orders")], 1);
        var clock = Stopwatch.StartNew();
        await using var pipeline = PipelineProcess.Start(scene.Settings(set));
        long count = 0;
        double firstS = 0;
        while (count < rows)
        {
            if (pipeline.HasExited || clock.Elapsed > TimeSpan.FromMinutes(60))
            {
                throw new ServerException($"the pipeline {(pipeline.HasExited ? "ended" : "stalled")} at {count:N0} of {rows:N0} rows\n{pipeline.LastLines()}");
            }

            await Task.Delay(1000, cancellation);
            count = watch.Records();
            firstS = firstS == 0 && count > 0 ? clock.Elapsed.TotalSeconds : firstS;
            if ((int)clock.Elapsed.TotalSeconds % 10 == 0)
            {
                Report.Say($"  {count,12:N0} rows, peak {pipeline.PeakMemoryBytes / 1048576.0:N1} MB");
            }
        }

        double lastS = clock.Elapsed.TotalSeconds;
        await scene.WaitConfirmedAsync(BenchScene.Name, end, cancellation);
        double peakMb = pipeline.PeakMemoryBytes / 1048576.0;
        await pipeline.StopAsync(TimeSpan.FromSeconds(15));
        Report.Result(new Dictionary<string, object>
        {
            ["bench"] = "memory",
            ["bytes"] = bytes,
            ["rows"] = rows,
            ["rss_mb"] = Math.Round(peakMb, 1),
            ["first_event_s"] = Math.Round(firstS, 1),
            ["rows_s"] = Math.Round(rows / Math.Max(lastS - firstS, 0.001)),
            ["records"] = watch.Records(),
        });
        return watch.Records() == rows ? 0 : 1;
    }
}
