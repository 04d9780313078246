using System.Globalization;
using Penstock.Postgres.State;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>How much of a pause the server may be asked to bear (R31); null for no limit.</summary>
internal sealed record PauseLimits(TimeSpan? LongestPause, long? MostRetainedBytes)
{
    /// <summary>The limit that is passed, for people; null if none is.</summary>
    public string? PassedBy(Pause pause) =>
        pause.For >= LongestPause ? "PENSTOCK_MAX_PAUSE"
        : pause.RetainedBytes >= MostRetainedBytes ? string.Create(CultureInfo.InvariantCulture, $"PENSTOCK_MAX_RETAINED_WAL ({pause.RetainedText} are held)")
        : null;
}
