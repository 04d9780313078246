using System.Diagnostics;
using System.Globalization;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>From the start of the process to the first event in the topic, with a slot that waits.</summary>
internal sealed class Start(BenchScene scene, int runs, string[] set)
{
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        Report.Say($"{scene.Versions}; {runs} starts");
        await Workload.MakeOrdersReadyAsync(scene);
        using var watch = new TopicWatch(scene.Bootstrap, [BenchScene.Topic("orders")], 1);
        var times = new List<double>();
        for (int run = 1; run <= runs; run++)
        {
            await scene.ExecuteAsync("CALL penstock_bench.load(1, 1)");
            string end = await scene.EndOfLogAsync();
            var clock = Stopwatch.StartNew();
            await using var pipeline = PipelineProcess.Start(scene.Settings(set));
            while (watch.Records() < run)
            {
                await Task.Delay(1, cancellation);
                if (pipeline.HasExited || clock.Elapsed > TimeSpan.FromSeconds(60))
                {
                    throw new ServerException($"no event came\n{pipeline.LastLines()}");
                }
            }

            times.Add(clock.Elapsed.TotalMilliseconds);
            Report.Say(string.Create(CultureInfo.InvariantCulture, $"  {times[^1]:F0} ms"));
            await scene.WaitConfirmedAsync(BenchScene.Name, end, cancellation);
            await pipeline.StopAsync(TimeSpan.FromSeconds(15));
        }

        times.Sort();
        Report.Result(new Dictionary<string, object>
        {
            ["bench"] = "start",
            ["runs"] = runs,
            ["ms"] = Math.Round(Report.Percentile(times, 0.5)),
            ["min_ms"] = Math.Round(times[0]),
            ["max_ms"] = Math.Round(times[^1]),
        });
        return 0;
    }
}
