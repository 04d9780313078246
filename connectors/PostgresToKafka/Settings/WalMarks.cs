using Penstock.Engine.Configuration;
using Penstock.Engine.Operations;
using Penstock.Postgres.Slot;
using Penstock.PostgresToKafka.Pipeline;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>What the slot may hold and how soon it may be full before somebody is told.</summary>
/// <param name="WarningBytes">Null for the default, which looks at the server's limit.</param>
/// <param name="CriticalBytes">The same.</param>
/// <param name="WarningTime">Least time to full.</param>
/// <param name="CriticalTime">The same.</param>
/// <param name="DropsSlot">At <paramref name="CriticalBytes"/>, which is given then.</param>
internal sealed record WalMarks(long? WarningBytes, long? CriticalBytes, TimeSpan WarningTime, TimeSpan CriticalTime, bool DropsSlot)
{
    private const long DefaultWarningBytes = 1L << 30;
    private const long DefaultCriticalBytes = 10L << 30;

    /// <summary>An open transaction that is worth a word: no write of this product's own lasts as long.</summary>
    public static readonly TimeSpan LongOpen = TimeSpan.FromMinutes(1);

    public static WalMarks From(SettingValues values) => new(
        values.Get(WalLimitSettings.Warning),
        values.Get(WalLimitSettings.Critical),
        values.Get(WalLimitSettings.TimeToFullWarning)!.Value,
        values.Get(WalLimitSettings.TimeToFullCritical)!.Value,
        values.Get(WalLimitSettings.OnLimit));

    /// <summary>At which the slot is dropped; null for never.</summary>
    public long? DropBytes => DropsSlot ? CriticalBytes : null;

    /// <summary>What the slot can hold at most: then the server gives it up, or this pipeline does. Null for what the disk takes.</summary>
    public long? LimitBytes(SlotProgress now) => now.KeepBytes is { } keep && DropBytes is { } drop ? Math.Min(keep, drop) : now.KeepBytes ?? DropBytes;

    /// <summary>The pace of two looks, with the time to this pipeline's own limit where that comes first.</summary>
    public SlotPace? Pace(SlotProgress before, SlotProgress after) => SlotPace.Between(before, after with { KeepBytes = LimitBytes(after) });

    /// <summary>Judges one look; the pace may be unknown.</summary>
    public WalAlarm Judge(SlotProgress now, SlotPace? pace)
    {
        if (now.Slot is not { IsLost: false } slot)
        {
            return WalAlarm.None;
        }

        long critical = CriticalBytes ?? Math.Min(DefaultCriticalBytes, now.KeepBytes / 5 * 4 ?? long.MaxValue);
        long warning = WarningBytes ?? Math.Min(Math.Min(DefaultWarningBytes, now.KeepBytes / 2 ?? long.MaxValue), CriticalBytes / 2 ?? long.MaxValue);
        // A pace says little while little is held: the first seconds of every load would be an alarm.
        var left = LimitBytes(now) is { } limit && slot.HeldBytes >= limit / 10 ? pace?.ToFull : null;
        var (level, mark) = slot switch
        {
            { WalStatus: "unreserved" } => (AlarmLevel.Critical, "beyond max_slot_wal_keep_size: the server may remove it at the next checkpoint, the slot is then lost"),
            _ when slot.HeldBytes >= critical => (AlarmLevel.Critical, $"above PENSTOCK_RETAINED_WAL_CRITICAL ({StatusReport.Size(critical)})"),
            _ when left <= CriticalTime => (AlarmLevel.Critical, "below PENSTOCK_TIME_TO_FULL_CRITICAL"),
            _ when slot.HeldBytes >= warning => (AlarmLevel.Warning, $"above PENSTOCK_RETAINED_WAL_WARNING ({StatusReport.Size(warning)})"),
            _ when left <= WarningTime => (AlarmLevel.Warning, "below PENSTOCK_TIME_TO_FULL_WARNING"),
            _ => (AlarmLevel.None, ""),
        };
        return level == AlarmLevel.None
            ? WalAlarm.None
            : new WalAlarm(level, $"slot \"{slot.Name}\" makes the server keep {StatusReport.Size(slot.HeldBytes)} of write-ahead log{(left is { } time ? $", full in {PausedPipeline.Span(time)} at this pace" : "")}, {mark}; {Because(now, slot)}");
    }

    private static string Because(SlotProgress now, SlotState slot)
    {
        if (now.Oldest is { } oldest && (oldest.For > LongOpen || now.UnconfirmedBytes < slot.HeldBytes / 2))
        {
            return $"{oldest.Holder}, {oldest.State}, open for {PausedPipeline.Span(oldest.For)}, holds it back";
        }

        return slot.IsActive ? $"{StatusReport.Size(now.UnconfirmedBytes)} of it are not confirmed yet" : "nobody reads it";
    }
}

/// <param name="Level">How bad it is.</param>
/// <param name="Reason">What, which mark, and who is to blame; "" when nothing is.</param>
internal sealed record WalAlarm(AlarmLevel Level, string Reason)
{
    public static WalAlarm None { get; } = new(AlarmLevel.None, "");
}
