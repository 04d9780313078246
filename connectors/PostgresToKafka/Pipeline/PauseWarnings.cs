namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>When a pause is warned of: after a minute and at 64 MB of retained write-ahead log, and then whenever either has doubled.</summary>
internal sealed class PauseWarnings
{
    private TimeSpan _nextAfter = TimeSpan.FromMinutes(1);
    private long _nextBytes = 64L << 20;

    /// <summary>Whether a mark is passed; marks below the present figures are then passed as well.</summary>
    /// <param name="pausedFor">How long the pause lasts.</param>
    /// <param name="retainedBytes">What the slot holds.</param>
    public bool IsDue(TimeSpan pausedFor, long retainedBytes)
    {
        bool isDue = false;
        for (; pausedFor >= _nextAfter; _nextAfter *= 2)
        {
            isDue = true;
        }

        for (; retainedBytes >= _nextBytes; _nextBytes *= 2)
        {
            isDue = true;
        }

        return isDue;
    }
}
