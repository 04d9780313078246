using System.Diagnostics;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>A process that carries a backlog into topics, watched from its start to the last record.</summary>
internal sealed class BacklogRun
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    private BacklogRun()
    {
    }

    /// <summary>From the first record in a topic to the last.</summary>
    public double RowsPerSecond { get; private init; }

    /// <summary>The last 70 %: without what a runtime compiles at first.</summary>
    public double SteadyRowsPerSecond { get; private init; }

    /// <summary>From the start of the process.</summary>
    public double WallRowsPerSecond { get; private init; }

    /// <summary>Of the process, its start included.</summary>
    public double CpuUsPerEvent { get; private init; }

    /// <summary>Peak resident memory (VmHWM), in MB; known after <see cref="StopAsync"/>.</summary>
    public double PeakMb { get; private set; }

    /// <summary>Follows the topics until they hold all records.</summary>
    /// <param name="process">Just started.</param>
    /// <param name="sinceStart">Started with it.</param>
    /// <param name="scene">Where the topics are.</param>
    /// <param name="topics">Their names.</param>
    /// <param name="partitions">Of each.</param>
    /// <param name="rows">Changed rows of the backlog, what rates are told in.</param>
    /// <param name="records">Records that they become.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <exception cref="ServerException">It ended or stalled before.</exception>
    public static async Task<BacklogRun> WatchAsync(
        PipelineProcess process, Stopwatch sinceStart, BenchScene scene, IEnumerable<string> topics, int partitions, long rows, long records, CancellationToken cancellation)
    {
        string[] names = [.. topics];
        using var watch = new TopicWatch(scene.Bootstrap, names, partitions);
        int lookMs = names.Length * partitions > 100 ? 500 : 20;
        double firstS = 0, steadyFromS = 0;
        long steadyFrom = 0, count = 0;
        var lastSaid = Stopwatch.StartNew();
        while (count < records)
        {
            cancellation.ThrowIfCancellationRequested();
            if (process.HasExited || sinceStart.Elapsed > Longest)
            {
                throw new ServerException($"the pipeline {(process.HasExited ? "ended" : "stalled")} at {count:N0} of {records:N0} records\n{process.LastLines()}");
            }

            await Task.Delay(lookMs, cancellation).ConfigureAwait(false);
            count = watch.Records();
            double nowS = sinceStart.Elapsed.TotalSeconds;
            firstS = firstS == 0 && count > 0 ? nowS : firstS;
            if (steadyFrom == 0 && count >= records * 0.3)
            {
                (steadyFrom, steadyFromS) = (count, nowS);
            }

            if (lastSaid.Elapsed > TimeSpan.FromSeconds(2))
            {
                Report.Say($"  {count,12:N0} records, {count / Math.Max(nowS - firstS, 0.001):N0} a second");
                lastSaid.Restart();
            }
        }

        double lastS = sinceStart.Elapsed.TotalSeconds;
        return new BacklogRun
        {
            RowsPerSecond = rows / (lastS - firstS),
            SteadyRowsPerSecond = (records - steadyFrom) * ((double)rows / records) / (lastS - steadyFromS),
            WallRowsPerSecond = rows / lastS,
            CpuUsPerEvent = process.CpuTime.TotalMicroseconds / rows,
        };
    }

    /// <summary>Takes the peak of memory and ends the process.</summary>
    /// <exception cref="ServerException">Another exit code.</exception>
    public async Task<BacklogRun> StopAsync(PipelineProcess process, params int[] expectedExit)
    {
        PeakMb = process.PeakMemoryBytes / 1048576.0;
        int exit = await process.StopAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        return expectedExit.Contains(exit) ? this : throw new ServerException($"the pipeline ended with {exit}\n{process.LastLines()}");
    }
}
