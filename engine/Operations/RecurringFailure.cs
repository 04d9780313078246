using Microsoft.Extensions.Logging;

namespace Penstock.Engine.Operations;

/// <summary>
/// Says a temporary failure that comes back with every retry once when it begins, again after one, two and four minutes and then every five, at once when its reason
/// changes to one not yet said, and once when it is over. Thread-safe.
/// </summary>
/// <param name="logger">Where it is said.</param>
/// <param name="what">What does not work, e.g. "the database cannot be reached".</param>
/// <param name="clock">The clock; null for the system's.</param>
public sealed class RecurringFailure(ILogger logger, string what, TimeProvider? clock = null)
{
    /// <summary>Reasons of one failure that are said at once; the next ones wait for their interval, so that a reason with a counter in it cannot flood the log.</summary>
    private const int MostReasons = 8;

    private static readonly TimeSpan FirstInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(5);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _reasons = new(StringComparer.Ordinal);
    private DateTimeOffset _began;
    private DateTimeOffset _sayAgain;
    private TimeSpan _interval;
    private int _attempts;

    /// <summary>True from the first failure to the recovery.</summary>
    public bool IsFailing
    {
        get
        {
            lock (_gate)
            {
                return _attempts > 0;
            }
        }
    }

    /// <summary>Notes one failed attempt. True when it was said.</summary>
    public bool Failed(string reason)
    {
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            _attempts++;
            if (_attempts == 1)
            {
                _began = now;
                _interval = FirstInterval;
                _sayAgain = now + _interval;
            }
            else if (now >= _sayAgain)
            {
                _interval = _interval * 2 < LongestInterval ? _interval * 2 : LongestInterval;
                _sayAgain = now + _interval;
            }
            else if (_reasons.Contains(reason) || _reasons.Count >= MostReasons)
            {
                return false;
            }

            _reasons.Add(reason);
            logger.LogWarning("{What}: {Reason}; retrying (attempt {Attempts}, since {FailingSeconds} s)", what, reason, _attempts, (long)(now - _began).TotalSeconds);
            return true;
        }
    }

    /// <summary>Notes that it works again; says so when it had failed.</summary>
    public void Recovered()
    {
        lock (_gate)
        {
            if (_attempts == 0)
            {
                return;
            }

            logger.LogInformation("over: {What}; it took {Attempts} attempts and {FailingSeconds} s", what, _attempts, (long)(_clock.GetUtcNow() - _began).TotalSeconds);
            _attempts = 0;
            _reasons.Clear();
        }
    }
}
