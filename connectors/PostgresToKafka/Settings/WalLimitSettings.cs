using Penstock.Engine.Configuration;
using Penstock.Postgres.State;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>How much write-ahead log the slot may make the server keep: what is warned of, and what happens at the limit.</summary>
internal static class WalLimitSettings
{
    private const string Group = "Write-ahead log that the slot holds";

    public static readonly Setting<long?> Warning = new("retained.wal.warning", Group, UnitTypes.Bytes, "From how much on it is warned of: in the log, in status, health and metrics")
    {
        ComputedDefaultText = "1GB, or half of the server's max_slot_wal_keep_size where that is less",
    };

    public static readonly Setting<long?> Critical = new("retained.wal.critical", Group, UnitTypes.Bytes, "From how much on it is an error, and on.wal.limit decides")
    {
        ComputedDefaultText = "10GB, or four fifths of the server's max_slot_wal_keep_size where that is less",
    };

    public static readonly Setting<TimeSpan?> TimeToFullWarning = new(
        "time.to.full.warning", Group, UnitTypes.Duration, "It is warned of, too, when at the pace of the last two minutes this is left until the slot is lost (max_slot_wal_keep_size) or dropped (on.wal.limit)")
    {
        Default = TimeSpan.FromHours(4),
    };

    public static readonly Setting<TimeSpan?> TimeToFullCritical = new("time.to.full.critical", Group, UnitTypes.Duration, "The same, as an error; never drops the slot")
    {
        Default = TimeSpan.FromMinutes(30),
    };

    public static readonly Setting<bool> OnLimit = new(
        "on.wal.limit",
        Group,
        SettingTypes.Choice<bool>([("warn", false), ("drop-slot", true)]),
        "What happens at retained.wal.critical, which must be given for drop-slot: it is said, or the slot is dropped on purpose, so that the server is not endangered, and changes are missing (on.gap decides)")
    {
        Default = false,
    };

    public static IReadOnlyList<Setting> All { get; } = [Warning, Critical, TimeToFullWarning, TimeToFullCritical, OnLimit];

    /// <summary>What shows only when these settings are looked at together.</summary>
    public static void CheckTogether(SettingValues values)
    {
        if (values.Get(Warning) is { } warning && values.Get(Critical) is { } critical && warning >= critical)
        {
            values.Reject(Warning, $"must be less than {Critical.EnvironmentName} ({UnitTypes.Bytes.Format(critical)})");
        }

        if (values.Get(TimeToFullWarning) is { } soon && values.Get(TimeToFullCritical) is { } verySoon && soon <= verySoon)
        {
            values.Reject(values.IsGiven(TimeToFullWarning) ? TimeToFullWarning : TimeToFullCritical, $"must leave {TimeToFullWarning.EnvironmentName} above {TimeToFullCritical.EnvironmentName} ({UnitTypes.Duration.Format(verySoon)})");
        }

        if (!values.Get(OnLimit))
        {
            return;
        }

        if (values.Get(Critical) is null)
        {
            values.Reject(OnLimit, $"needs {Critical.EnvironmentName}: how much the slot may hold before it is dropped");
        }

        if (values.Get(CaptureSettings.State) == StateWish.None)
        {
            values.Reject(OnLimit, $"needs a place where the gap is noted: not together with {CaptureSettings.State.EnvironmentName}=none");
        }
    }
}
