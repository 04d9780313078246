using System.Buffers.Text;
using System.Globalization;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>
/// Commit time in the event's source block to the consumer's receive, one clock. Open-loop load in transactions of ten rows: each has its time, and one that comes late is not left out; how late
/// the load itself was is told beside it.
/// </summary>
internal sealed class Latency(BenchScene scene, int rate, int seconds, string[] set)
{
    private readonly List<double> _delaysMs = [];
    private readonly List<double> _decodedMs = [];

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        Report.Say($"{scene.Versions}; {rate:N0} rows/s for {seconds} s after {OpenLoad.WarmUpS} s of warm-up, synchronous_commit {await scene.ScalarAsync<string>("SHOW synchronous_commit")}");
        await Workload.MakeOrdersReadyAsync(scene);
        await using var pipeline = PipelineProcess.Start(scene.Settings(set));
        await pipeline.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(30), cancellation);
        using var stop = new CancellationTokenSource();
        var consuming = Task.Factory.StartNew(() => Consume(stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var cpu = pipeline.CpuTime;
        var load = new OpenLoad(scene, rate, seconds);
        await load.RunAsync(cancellation);
        double cpuUs = (pipeline.CpuTime - cpu).TotalMicroseconds / Math.Max(1, load.Rows);
        await Task.Delay(1000, cancellation);
        await stop.CancelAsync();
        await consuming;
        await pipeline.StopAsync(TimeSpan.FromSeconds(15));
        _delaysMs.Sort();
        _decodedMs.Sort();
        Report.Result(new Dictionary<string, object>
        {
            ["bench"] = "latency",
            ["rate"] = rate,
            ["p50_ms"] = Math.Round(Report.Percentile(_delaysMs, 0.5), 2),
            ["p99_ms"] = Math.Round(Report.Percentile(_delaysMs, 0.99), 2),
            ["p999_ms"] = Math.Round(Report.Percentile(_delaysMs, 0.999), 2),
            ["max_ms"] = Math.Round(_delaysMs.Count == 0 ? 0 : _delaysMs[^1], 2),
            ["decoded_p50_ms"] = Math.Round(Report.Percentile(_decodedMs, 0.5), 2),
            ["decoded_p99_ms"] = Math.Round(Report.Percentile(_decodedMs, 0.99), 2),
            ["n"] = _delaysMs.Count,
            ["reached_rate"] = Math.Round(load.RowsPerSecond),
            ["load_late_p99_ms"] = load.LateP99Ms,
            ["cpu_us_per_event"] = Math.Round(cpuUs, 2),
        });
        return _delaysMs.Count > 0 ? 0 : 1;
    }

    private void Consume(CancellationToken stop)
    {
        using var reader = new TopicReader(
            new Dictionary<string, string> { ["bootstrap.servers"] = scene.Bootstrap, ["fetch.wait.max.ms"] = "50", ["fetch.error.backoff.ms"] = "10" },
            topic => topic == BenchScene.Topic("orders"));
        long from = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + (OpenLoad.WarmUpS * 1000);
        while (!stop.IsCancellationRequested)
        {
            if (reader.Next(TimeSpan.FromMilliseconds(100)) is not { Value: { } value })
            {
                continue;
            }

            long nowUs = (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / 10;
            long committedUs = TimeUs(value, out int behind);
            if (committedUs / 1000 >= from)
            {
                _delaysMs.Add((nowUs - committedUs) / 1000.0);
                _decodedMs.Add((TimeUs(value.AsSpan(behind), out _) - committedUs) / 1000.0);
            }
        }
    }

    // source.ts_us stands before the envelope's own, which is the decoder's time.
    private static long TimeUs(ReadOnlySpan<byte> json, out int behind)
    {
        int at = json.IndexOf("\"ts_us\":"u8) + 8;
        behind = at;
        return Utf8Parser.TryParse(json[at..], out long us, out _) ? us : throw new ServerException("an event without ts_us: " + at.ToString(CultureInfo.InvariantCulture));
    }
}
