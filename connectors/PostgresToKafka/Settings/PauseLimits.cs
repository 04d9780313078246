using Penstock.Postgres.State;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>How much of a pause the server may be asked to bear (R31); null for no limit.</summary>
/// <param name="LongestPause">PENSTOCK_MAX_PAUSE.</param>
/// <param name="MostRetainedBytes">PENSTOCK_MAX_RETAINED_WAL.</param>
/// <param name="DropBytes">What the slot may hold in any state (<see cref="WalMarks.DropBytes"/>).</param>
internal sealed record PauseLimits(TimeSpan? LongestPause, long? MostRetainedBytes, long? DropBytes)
{
    /// <summary>The limit that is passed, for people; null if none is.</summary>
    public string? PassedBy(Pause pause) =>
        pause.For >= LongestPause ? "PENSTOCK_MAX_PAUSE"
        : pause.RetainedBytes >= MostRetainedBytes ? $"PENSTOCK_MAX_RETAINED_WAL ({pause.RetainedText} are held)"
        : pause.RetainedBytes >= DropBytes ? $"PENSTOCK_RETAINED_WAL_CRITICAL ({pause.RetainedText} are held)"
        : null;
}
