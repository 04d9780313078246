using System.Diagnostics;
using Penstock.EndToEnd;
using Penstock.EndToEnd.Sink;
using Penstock.Servers;
using Xunit.Abstractions;

namespace Penstock.Faults.Pipelines;

/// <summary>
/// kill -9 of sinks of one group at random moments while the source works: the tables are equal at the end, and each row of the table without a key is there once.
/// </summary>
public sealed class SinkKilledTests(SceneFixture servers, ITestOutputHelper output) : IClassFixture<SceneFixture>
{
    private const int MostSinks = 3;

    /// <summary>Rounds before everything is compared and begins anew with fresh databases and topics, so that a long run needs no more disk than a short one.</summary>
    private const int RoundsOfALane = 50;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private int _round;

    [KafkaFact]
    public async Task Killed_and_joining_sinks_neither_lose_nor_repeat()
    {
        output.WriteRound($"seed {FaultOptions.Seed}, {FaultOptions.Rounds} rounds");
        var watch = Stopwatch.StartNew();
        var random = new Random(FaultOptions.Seed);
        int rows = 0;
        for (int lane = 0, left = FaultOptions.Rounds; left > 0; lane++, left -= RoundsOfALane)
        {
            // A member with a name of its own has its partitions back at once; one without waits for the group to miss it.
            rows += await KillInLaneAsync(Math.Min(left, RoundsOfALane), hasNames: lane % 2 == 0, random);
        }

        output.WriteRound($"{FaultOptions.Rounds} rounds in {watch.Elapsed.TotalSeconds:F0} s: {rows} audited transactions, each there once");
    }

    private async Task<int> KillInLaneAsync(int rounds, bool hasNames, Random random)
    {
        var scene = await CopyScene.CreateAsync(servers, AuditedWorkload.Tables, MostSinks, "public.item", "public.audit");
        scene.Settings["PENSTOCK_KAFKA_SESSION_TIMEOUT_MS"] = "6000";
        var source = await scene.Source.StartStreamingAsync();
        using var ended = new CancellationTokenSource();
        var writing = AuditedWorkload.WriteAsync(scene.Source, random.Next(), ended.Token);
        var sinks = new PipelineProcess?[MostSinks];
        try
        {
            sinks[0] = Start(scene, 0, hasNames);
            for (int round = 0; round < rounds; round++)
            {
                string what = await RoundAsync(scene, sinks, hasNames, random);
                output.WriteRound($"round {++_round} of {FaultOptions.Rounds}: {scene.Target} {what}", nameof(Killed_and_joining_sinks_neither_lose_nor_repeat));
            }

            await ended.CancelAsync();
            int written = await writing;
            await scene.WaitUntilEqualAsync("item", Patience);
            await scene.WaitUntilEqualAsync("audit", Patience);
            Assert.True(written > 0, $"seed {FaultOptions.Seed}: nothing was written");
            Assert.Equal((long)written, await scene.TargetScalarAsync<long>("SELECT count(*) FROM audit"));
            Assert.Equal((long)written, await scene.TargetScalarAsync<long>("SELECT count(DISTINCT id) FROM audit"));
            output.WriteRound($"{scene.Target} after {rounds} rounds: {written} transactions, tables equal", nameof(Killed_and_joining_sinks_neither_lose_nor_repeat));
            return written;
        }
        finally
        {
            await ended.CancelAsync();
            foreach (var sink in sinks.OfType<PipelineProcess>())
            {
                await sink.DisposeAsync();
            }

            await writing;
            await source.StopAsync(Patience);
            await source.DisposeAsync();
            await scene.RemoveAsync();
        }
    }

    /// <summary>One sink more, or one that is killed (one of eight is stopped) in its start or its work, and started again.</summary>
    private static async Task<string> RoundAsync(CopyScene scene, PipelineProcess?[] sinks, bool hasNames, Random random)
    {
        int place = random.Next(MostSinks);
        if (sinks[place] is not { } victim)
        {
            sinks[place] = Start(scene, place, hasNames);
            await Task.Delay(random.Next(50, 400));
            return $"sink {place} joins";
        }

        bool works = random.Next(4) != 0;
        if (works)
        {
            // Where members have no names, it may be a while until the group gives it something; it is then killed without.
            works = await IsAtWorkAsync(victim, TimeSpan.FromSeconds(hasNames ? 30 : 2));
        }

        await Task.Delay(random.Next(0, 400));
        string how = "killed";
        if (random.Next(8) == 0)
        {
            how = "stopped";
            // Before it says that it starts, a signal ends it as it ends any program.
            bool hasStarted = victim.Lines.Count > 0;
            int exitCode = await victim.StopAsync(Patience);
            // librdkafka 2.0 may abort when a member that leads its group leaves in the middle of a rebalance: a kill as any other for the rows, and told in the round's line.
            bool hasAborted = exitCode == 134 && victim.Lines.Any(line => line.Contains("rd_kafka_sticky_assignor_state_destroy", StringComparison.Ordinal));
            Assert.True(exitCode == 0 || hasAborted || (exitCode == 143 && !hasStarted), $"exit code {exitCode}\n{victim.LastLines()}");
            how = hasAborted ? "stopped, aborted by librdkafka," : how;
        }
        else
        {
            await victim.KillAsync();
        }

        await victim.DisposeAsync();
        sinks[place] = Start(scene, place, hasNames);
        return $"sink {place} {how} {(works ? "at work" : "at some moment")}";
    }

    private static async Task<bool> IsAtWorkAsync(PipelineProcess sink, TimeSpan limit)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < limit; await Task.Delay(20))
        {
            if (sink.Lines.Any(line => line.Contains("taken", StringComparison.Ordinal)))
            {
                return true;
            }

            Assert.False(sink.HasExited, sink.LastLines());
        }

        return false;
    }

    private static PipelineProcess Start(CopyScene scene, int place, bool hasNames)
    {
        if (hasNames)
        {
            scene.Settings["PENSTOCK_KAFKA_GROUP_INSTANCE_ID"] = $"sink{place}";
        }

        return scene.StartSink();
    }
}
