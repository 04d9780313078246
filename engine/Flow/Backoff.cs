namespace Penstock.Engine.Flow;

/// <summary>
/// Pauses between attempts: doubling from the first to the longest, each shortened by up to half at random, so that pipelines that failed together do not come back together.
/// </summary>
/// <param name="firstMs">First pause, in milliseconds.</param>
/// <param name="longestMs">The pauses grow no further.</param>
/// <param name="random">0 (inclusive) to 1 (exclusive).</param>
public sealed class Backoff(int firstMs, int longestMs, Func<double> random)
{
    private int _nextMs = Math.Min(firstMs, longestMs);

    /// <summary>Attempts that failed since the last success.</summary>
    public int Failures { get; private set; }

    /// <summary>The pause before the next attempt, in milliseconds.</summary>
    public int Next()
    {
        Failures++;
        int pauseMs = _nextMs;
        _nextMs = (int)Math.Min(2L * _nextMs, longestMs);
        return pauseMs - (int)(pauseMs * random() / 2);
    }

    /// <summary>The dependency answered: the next failure starts anew.</summary>
    public void Succeeded()
    {
        Failures = 0;
        _nextMs = Math.Min(firstMs, longestMs);
    }
}
