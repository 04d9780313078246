namespace Penstock.Demo;

/// <summary>The delays from commit to consumer of the last few seconds' events, for a percentile.</summary>
internal sealed class RecentDelays
{
    // Enough for ten seconds at the default rate; a 99th percentile of fewer than a hundred would be the maximum.
    private const int Kept = 4_096;

    private readonly double[] _milliseconds = new double[Kept];
    private long _count;

    public void Add(double milliseconds) => _milliseconds[_count++ % Kept] = milliseconds;

    /// <summary>The delay that 99 of 100 events stay under, in milliseconds; null before the first event.</summary>
    public double? P99()
    {
        int length = (int)Math.Min(_count, Kept);
        if (length == 0)
        {
            return null;
        }
        double[] sorted = _milliseconds[..length];
        Array.Sort(sorted);
        return sorted[(int)Math.Ceiling(length * 0.99) - 1];
    }
}
