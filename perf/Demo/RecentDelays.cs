using System.Diagnostics;

namespace Penstock.Demo;

/// <summary>The delays from commit to consumer of the last few seconds' events, for a percentile.</summary>
internal sealed class RecentDelays
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    private readonly Queue<(long At, double Milliseconds)> _delays = new();

    public void Add(double milliseconds) => _delays.Enqueue((Stopwatch.GetTimestamp(), milliseconds));

    /// <summary>The delay that 99 of 100 events of the last five seconds stay under, in milliseconds; null if there were none.</summary>
    public double? P99()
    {
        while (_delays.TryPeek(out (long At, double) oldest) && Stopwatch.GetElapsedTime(oldest.At) > Kept)
        {
            _delays.Dequeue();
        }
        double[] sorted = [.. _delays.Select(delay => delay.Milliseconds).Order()];
        return sorted.Length == 0 ? null : sorted[(int)Math.Ceiling(sorted.Length * 0.99) - 1];
    }
}
