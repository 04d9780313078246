namespace Penstock.Engine.Operations;

/// <summary>How bad something is that grows.</summary>
public enum AlarmLevel
{
    None,
    Warning,
    Critical,
}

/// <summary>What the source keeps for this pipeline, which must not grow without bound.</summary>
/// <param name="RetainedBytes">How much.</param>
/// <param name="UnconfirmedBytes">How far the pipeline is behind the end of the source's log.</param>
/// <param name="LimitBytes">At which the source, or this pipeline, gives it up; null for what the disk takes.</param>
/// <param name="SecondsToFull">Until then, at the present pace; null if not known, or while it does not grow.</param>
/// <param name="Alarm">How bad it is.</param>
/// <param name="Reason">In words; null when nothing is bad.</param>
public sealed record RetainedLog(long RetainedBytes, long UnconfirmedBytes, long? LimitBytes, long? SecondsToFull, AlarmLevel Alarm, string? Reason)
{
    /// <summary>The level in a word: <c>none</c>, <c>warning</c>, <c>critical</c>.</summary>
    public static string NameOf(AlarmLevel level) => level switch
    {
        AlarmLevel.None => "none",
        AlarmLevel.Warning => "warning",
        _ => "critical",
    };
}
