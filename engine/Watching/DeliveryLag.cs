namespace Penstock.Engine.Watching;

/// <summary>How long events take from the commit at their source to the acknowledgement at their target, by both clocks. Written by deliveries, read by any thread; allocates nothing.</summary>
public sealed class DeliveryLag
{
    private long _lastMs = -1;
    private long _mostMs = -1;

    /// <summary>The last one measured; null before the first.</summary>
    public double? LastSeconds => Volatile.Read(ref _lastMs) is >= 0 and var ms ? ms / 1000.0 : null;

    /// <summary>Notes a delivery. A source whose clock is ahead gives 0.</summary>
    /// <param name="committedAtMs">Milliseconds since 1970; 0 or less where it is not known, which notes nothing.</param>
    /// <param name="nowMs">The same of now.</param>
    public void Note(long committedAtMs, long nowMs)
    {
        if (committedAtMs <= 0)
        {
            return;
        }

        long ms = Math.Max(0, nowMs - committedAtMs);
        Volatile.Write(ref _lastMs, ms);
        // Two deliveries at once may lose one of them: it is a figure for a plot.
        if (ms > Volatile.Read(ref _mostMs))
        {
            Volatile.Write(ref _mostMs, ms);
        }
    }

    /// <summary>The longest since the last call, milliseconds; -1 if nothing was delivered. For one caller.</summary>
    public long TakeMostMs() => Interlocked.Exchange(ref _mostMs, -1);
}
