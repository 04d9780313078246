using System.Globalization;

namespace Penstock.Engine.Commands;

/// <summary>How a place to read from was given.</summary>
public enum TailStartKind
{
    End,
    Beginning,

    /// <summary><see cref="TailStart.Offset"/>; below zero so many before the end.</summary>
    Offset,
    Time,
}

/// <summary>Where reading begins, in each partition.</summary>
/// <param name="Kind">How it was given.</param>
/// <param name="Offset">An offset.</param>
/// <param name="Time">The first record that is not older.</param>
public readonly record struct TailStart(TailStartKind Kind, long Offset = 0, DateTimeOffset Time = default)
{
    public const string Form = "end, beginning, an offset (1200), so many before the end (-10), a time (2026-01-31T08:00:00Z) or how long ago (90s, 15min, 2h, 1d)";

    private static readonly (string Unit, double Seconds)[] Units = [("min", 60), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];

    /// <summary>Reads a place as a user types it. Times without a zone are in UTC.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="now">The present time.</param>
    /// <param name="start">The place.</param>
    public static bool TryParse(string text, DateTimeOffset now, out TailStart start)
    {
        start = default;
        if (text is "end" or "latest")
        {
            return true;
        }

        if (text is "beginning" or "earliest" or "start")
        {
            start = new TailStart(TailStartKind.Beginning);
            return true;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long offset))
        {
            start = new TailStart(TailStartKind.Offset, offset);
            return true;
        }

        foreach (var (unit, seconds) in Units)
        {
            // A year at most: more is a typing error, and far more has no date.
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && number * seconds <= 366 * 86_400)
            {
                start = new TailStart(TailStartKind.Time, Time: now - TimeSpan.FromSeconds(number * seconds));
                return true;
            }
        }

        if (text.Length >= 8 && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year >= 1970)
        {
            start = new TailStart(TailStartKind.Time, Time: time);
            return true;
        }

        return false;
    }
}
