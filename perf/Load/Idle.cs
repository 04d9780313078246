using System.Diagnostics;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>What a pipeline costs while nothing happens.</summary>
internal sealed class Idle(BenchScene scene, int seconds, string[] set)
{
    private const int SettleS = 10;

    /// <summary>The runtime compiles what has been called often once more, in the background: measured by itself, because it ends.</summary>
    private const int FirstS = 60;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        Report.Say($"{scene.Versions}; nothing happens for {seconds} s");
        await Workload.MakeOrdersReadyAsync(scene);
        await using var pipeline = PipelineProcess.Start(scene.Settings(set));
        await pipeline.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(30), cancellation);
        await Task.Delay(TimeSpan.FromSeconds(SettleS), cancellation);
        double firstPercent = await PercentAsync(pipeline, FirstS, cancellation);
        long memory = ProcessFigures.MemoryBytes(pipeline.Id) ?? 0;
        double percent = await PercentAsync(pipeline, seconds, cancellation);
        long later = ProcessFigures.MemoryBytes(pipeline.Id) ?? 0;
        await pipeline.StopAsync(TimeSpan.FromSeconds(15));
        Report.Result(new Dictionary<string, object>
        {
            ["bench"] = "idle",
            ["seconds"] = seconds,
            ["cpu_percent_of_core"] = Math.Round(percent, 3),
            ["first_minute_cpu_percent_of_core"] = Math.Round(firstPercent, 3),
            ["rss_mb"] = Math.Round(later / 1048576.0, 1),
            ["rss_growth_kb"] = (later - memory) / 1024,
        });
        return 0;
    }

    private static async Task<double> PercentAsync(PipelineProcess pipeline, int seconds, CancellationToken cancellation)
    {
        var cpu = pipeline.CpuTime;
        var clock = Stopwatch.StartNew();
        await Task.Delay(TimeSpan.FromSeconds(seconds), cancellation);
        return 100 * (pipeline.CpuTime - cpu) / clock.Elapsed;
    }
}
