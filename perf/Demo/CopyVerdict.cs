using System.Globalization;

namespace Penstock.Demo;

/// <summary>What the demo says of the copy at its end.</summary>
internal sealed class CopyVerdict(CopyComparison comparison, Copy copy, int sinkExitCode)
{
    /// <summary>Waits for the rest, compares, and stops the sink.</summary>
    /// <param name="copy">Which.</param>
    /// <param name="records">So many are in the topics.</param>
    /// <param name="source">The shop's connection string.</param>
    /// <param name="limit">For the sink's orderly end.</param>
    public static async Task<CopyVerdict> ReachAsync(Copy copy, long records, string source, TimeSpan limit)
    {
        await copy.CatchUpAsync(records).ConfigureAwait(false);
        CopyComparison comparison = await copy.CompareAsync(source).ConfigureAwait(false);
        int code = copy.Sink.HasExited ? copy.Sink.ExitCode : await copy.Sink.StopAsync(limit).ConfigureAwait(false);
        return new CopyVerdict(comparison, copy, code);
    }

    /// <summary>Tells it; the exit code.</summary>
    public int Tell(IScreen screen)
    {
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"demo: {copy.Applied} records applied; kafka-to-postgres took {copy.Sink.CpuTime.TotalSeconds:0.0} s of CPU and {copy.Sink.PeakMemoryBytes / 1_048_576} MB, and ended with {sinkExitCode}"));
        foreach (string difference in comparison.Differences)
        {
            screen.Say($"demo: {difference}");
        }
        if (sinkExitCode != 0)
        {
            screen.Say($"demo: the last lines of kafka-to-postgres:\n{copy.Sink.LastLines()}");
        }
        screen.Say(string.Create(CultureInfo.InvariantCulture, $"demo: {comparison.Rows} rows compared, {comparison.Different} different"));
        return comparison.Different == 0 && sinkExitCode == 0 ? 0 : 1;
    }
}
