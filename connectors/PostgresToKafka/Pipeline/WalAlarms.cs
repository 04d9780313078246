using Penstock.Engine.Operations;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>What is worth a line of the log, of looks every few seconds: a level that rises at once, one that stays when it has grown or lasted, one that falls when it has stayed lower for a minute.</summary>
internal sealed class WalAlarms
{
    /// <summary>What is held falls by steps, and rises again between them.</summary>
    private static readonly TimeSpan FallsAfter = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan WarningInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan CriticalInterval = TimeSpan.FromMinutes(10);

    private DateTimeOffset _lastAsHigh;
    private DateTimeOffset _said;
    private long _saidBytes;

    /// <summary>The level as it stands.</summary>
    public AlarmLevel Level { get; private set; }

    /// <summary>Takes one look; true when it is to be said, with <see cref="Level"/> as it is now.</summary>
    /// <param name="seen">The look.</param>
    /// <param name="heldBytes">What is held.</param>
    /// <param name="at">When.</param>
    public bool IsDue(AlarmLevel seen, long heldBytes, DateTimeOffset at)
    {
        if (seen >= Level)
        {
            _lastAsHigh = at;
        }

        bool isOther = seen > Level || (seen < Level && at - _lastAsHigh >= FallsAfter);
        bool isAgain = seen == Level && seen != AlarmLevel.None && (heldBytes >= 2 * _saidBytes || at - _said >= (seen == AlarmLevel.Critical ? CriticalInterval : WarningInterval));
        if (!isOther && !isAgain)
        {
            return false;
        }

        Level = seen;
        _lastAsHigh = at;
        _said = at;
        _saidBytes = heldBytes;
        return true;
    }
}
