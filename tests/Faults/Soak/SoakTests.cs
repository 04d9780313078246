using System.Diagnostics;
using System.Globalization;
using Penstock.Servers;
using Penstock.Servers.Proxies;
using Xunit.Abstractions;

namespace Penstock.Faults.Soak;

/// <summary>One process of the pipeline for an hour or more, under load, with a fault every half minute: nothing is lost, and it ends as small as it began.</summary>
public class SoakTests(ITestOutputHelper output)
{
    private const int FaultIntervalS = 30;

    /// <summary>What the first minutes compile and allocate is no leak.</summary>
    private const int WarmUpMinutes = 5;

    [SoakFact]
    public async Task With_a_fault_every_half_minute_memory_and_handles_are_flat_and_nothing_is_lost()
    {
        var servers = new FaultFixture();
        await servers.InitializeAsync();
        try
        {
            await SoakAsync(servers);
        }
        finally
        {
            await servers.DisposeAsync();
        }
    }

    private async Task SoakAsync(FaultFixture servers)
    {
        await using var lane = await servers.LaneAsync(throughPostgresProxy: true, throughKafkaProxy: true);
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var ballast = new Ballast(lane.Scene, FaultOptions.SoakRowsPerSecond);
        await ballast.PrepareAsync();
        await using var pipeline = await lane.Scene.StartStreamingAsync();
        lane.Load(workers: 2, pauseMs: 200);
        ballast.Start();
        var faults = Faults(servers);
        var figures = new List<Figures>();
        var clock = Stopwatch.StartNew();
        string last = "none yet";
        for (var next = TimeSpan.FromSeconds(FaultIntervalS); clock.Elapsed < TimeSpan.FromMinutes(FaultOptions.SoakMinutes); next += TimeSpan.FromSeconds(FaultIntervalS))
        {
            for (; clock.Elapsed < next; await Task.Delay(1000))
            {
                Assert.False(pipeline.HasExited, pipeline.LastLines());
            }

            figures.Add(Figures.Of(pipeline.Id, clock.Elapsed));
            output.WriteRound($"{figures[^1]}, {ballast.Arrived} rows arrived, {ballast.Again} again, last fault {last}");
            (last, var strike) = faults[lane.Random.Next(faults.Count)];
            await strike();
        }

        await ballast.EndWritingAsync();
        // A last quiet look: what a fault holds for a moment is no leak either.
        Assert.True(await lane.Scene.WaitUntilConfirmedAsync(TimeSpan.FromMinutes(5)), pipeline.LastLines());
        long missing = await ballast.CountMissingAsync();
        figures.Add(Figures.Of(pipeline.Id, clock.Elapsed));
        var report = await lane.FinishAsync(pipeline);
        var steady = figures.Where(figure => figure.At > TimeSpan.FromMinutes(Math.Min(WarmUpMinutes, FaultOptions.SoakMinutes / 4.0))).ToList();
        var early = Figures.Floor(steady[..(steady.Count / 3)]);
        var late = Figures.Floor(steady[^(steady.Count / 3)..]);
        output.WriteRound($"{FaultOptions.SoakMinutes} min at {FaultOptions.SoakRowsPerSecond} rows/s, {figures.Count - 1} faults: {ballast.Arrived} rows, {ballast.Again} again, {missing} missing; {report}");
        output.WriteRound($"lower quartile of the first third: {early}");
        output.WriteRound($"lower quartile of the last third:  {late}");
        Assert.Equal(0, missing);
        Assert.InRange(late.MemoryMb, 1, (early.MemoryMb * 1.1) + 5);
        Assert.InRange(late.Handles, 1, early.Handles + 5);
        Assert.InRange(late.Threads, 1, early.Threads + 5);
    }

    private static List<(string Name, Func<Task> Strike)> Faults(FaultFixture servers)
    {
        var postgres = servers.Servers.Postgres;
        var kafka = servers.Servers.Kafka;
        return
        [
            ("walsender terminated", () => postgres.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_replication")),
            ("all sessions terminated", () => postgres.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type IN ('client backend', 'walsender')")),
            ("Postgres restarted", () => postgres.RestartAsync()),
            ("Postgres killed", async () =>
            {
                await postgres.KillAsync();
                await postgres.StartAsync();
            }),
            ("broker killed", async () =>
            {
                await kafka.KillAsync();
                await kafka.StartAsync();
            }),
            ("broker paused for 10 s", async () =>
            {
                await kafka.PauseAsync();
                await Task.Delay(10_000);
                await kafka.ContinueAsync();
            }),
            ("connections to Postgres cut", () => Act(servers.PostgresProxy.Cut)),
            ("connections to the broker cut", () => Act(servers.KafkaProxy.Cut)),
            ("connections to Postgres dead without a word", () => Act(servers.PostgresProxy.HalfOpen)),
            ("connections to the broker dead without a word", () => Act(servers.KafkaProxy.HalfOpen)),
            ("latency of 200 ms for 10 s", async () =>
            {
                servers.PostgresProxy.Weather = servers.KafkaProxy.Weather = new ProxyWeather(LatencyMs: 200);
                await Task.Delay(10_000);
                servers.PostgresProxy.Weather = servers.KafkaProxy.Weather = ProxyWeather.Fair;
            }),
        ];
    }

    private static Task Act(Action act)
    {
        act();
        return Task.CompletedTask;
    }

    private sealed record Figures(TimeSpan At, double MemoryMb, int Handles, int Threads)
    {
        public static Figures Of(int processId, TimeSpan at) => new(
            at,
            (ProcessFigures.MemoryBytes(processId) ?? 0) / 1048576.0,
            Directory.EnumerateFileSystemEntries($"/proc/{processId}/fd").Count(IsNoAssembly),
            Directory.EnumerateFileSystemEntries($"/proc/{processId}/task").Count());

        // The runtime opens an assembly when its code is first needed, which a rare fault may be the first to do, and keeps it open: two handles, once each.
        private static bool IsNoAssembly(string handle) => new FileInfo(handle).LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) != true;

        /// <summary>What it comes down to between faults: a leak raises the floor, a fault and the collector's mood only what is above it.</summary>
        public static Figures Floor(List<Figures> figures) => new(
            figures[figures.Count / 2].At,
            figures.Select(figure => figure.MemoryMb).Order().ElementAt(figures.Count / 4),
            figures.Select(figure => figure.Handles).Order().ElementAt(figures.Count / 4),
            figures.Select(figure => figure.Threads).Order().ElementAt(figures.Count / 4));

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"at {At.TotalMinutes:F1} min {MemoryMb:F1} MB resident, {Handles} handles, {Threads} threads");
    }
}
