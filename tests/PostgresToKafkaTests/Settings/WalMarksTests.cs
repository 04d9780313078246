using Penstock.Engine.Operations;
using Penstock.Postgres.Slot;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafkaTests.Settings;

public class WalMarksTests
{
    private const long Mb = 1L << 20;
    private static readonly WalMarks Defaults = new(null, null, TimeSpan.FromHours(4), TimeSpan.FromMinutes(30), false);

    [Theory]
    [InlineData(1023, null, AlarmLevel.None)]
    [InlineData(1024, null, AlarmLevel.Warning)]
    [InlineData(10_240, null, AlarmLevel.Critical)]
    [InlineData(127, 256L, AlarmLevel.None)]
    [InlineData(128, 256L, AlarmLevel.Warning)]
    [InlineData(205, 256L, AlarmLevel.Critical)]
    public void The_defaults_look_at_the_servers_limit(long heldMb, long? keepMb, AlarmLevel level) => Assert.Equal(level, Defaults.Judge(Look(heldMb * Mb, keepMb * Mb), null).Level);

    [Fact]
    public void A_given_mark_is_named_with_who_holds_the_log()
    {
        var marks = Defaults with { WarningBytes = 8 * Mb, CriticalBytes = 32 * Mb };
        Assert.Equal("slot \"s\" makes the server keep 9216 kB of write-ahead log, above PENSTOCK_RETAINED_WAL_WARNING (8192 kB); nobody reads it", marks.Judge(Look(9 * Mb), null).Reason);
        var held = Look(40 * Mb) with { Oldest = new OpenTransaction(7, "psql, user u", "idle in transaction", TimeSpan.FromHours(3)) };
        Assert.Equal((AlarmLevel.Critical, true), (marks.Judge(held, null).Level, marks.Judge(held, null).Reason.EndsWith("; process 7 (psql, user u), idle in transaction, open for 3 h 0 min, holds it back", StringComparison.Ordinal)));
        // A critical mark alone takes the warning's default with it.
        Assert.Equal(AlarmLevel.Warning, (marks with { WarningBytes = null }).Judge(Look(16 * Mb), null).Level);
    }

    [Theory]
    [InlineData(5 * 3600, AlarmLevel.None)]
    [InlineData(4 * 3600, AlarmLevel.Warning)]
    [InlineData(1800, AlarmLevel.Critical)]
    public void The_time_that_is_left_counts_once_a_tenth_of_the_limit_is_held(int secondsLeft, AlarmLevel level)
    {
        var pace = new SlotPace(1, 0, null, TimeSpan.FromSeconds(secondsLeft));
        Assert.Equal(level, Defaults.Judge(Look(100 * Mb, 1000 * Mb), pace).Level);
        Assert.Equal(AlarmLevel.None, Defaults.Judge(Look(99 * Mb, 1000 * Mb), pace).Level);
        // Without a limit nobody knows what the disk takes.
        Assert.Equal(AlarmLevel.None, Defaults.Judge(Look(100 * Mb), pace).Level);
    }

    [Fact]
    public void A_slot_that_is_to_be_dropped_is_full_there()
    {
        var marks = Defaults with { CriticalBytes = 50 * Mb, DropsSlot = true };
        Assert.Equal((50 * Mb, 20 * Mb, 50 * Mb), (marks.LimitBytes(Look(0)), marks.LimitBytes(Look(0, 20 * Mb)), marks.DropBytes));
        Assert.Null(Defaults.LimitBytes(Look(0)));
        var before = Look(10 * Mb) with { At = DateTimeOffset.UnixEpoch };
        var after = Look(20 * Mb) with { At = DateTimeOffset.UnixEpoch.AddSeconds(10), HeadLsn = before.HeadLsn + (10 * (ulong)Mb) };
        Assert.Equal(30, marks.Pace(before, after)?.ToFull?.TotalSeconds);
        Assert.Null((marks with { DropsSlot = false }).Pace(before, after)?.ToFull);
    }

    [Fact]
    public void Beyond_the_servers_limit_it_is_critical_whatever_the_marks_are()
    {
        var look = Look(1);
        Assert.Equal(AlarmLevel.Critical, Defaults.Judge(look with { Slot = look.Slot! with { WalStatus = "unreserved" } }, null).Level);
        Assert.Equal(AlarmLevel.None, Defaults.Judge(look with { Slot = null }, null).Level);
        // What is lost holds nothing any more, and is said where the gap is.
        Assert.Equal(AlarmLevel.None, Defaults.Judge(look with { Slot = look.Slot! with { WalStatus = "lost", HeldBytes = 1L << 40 } }, null).Level);
    }

    [Fact]
    public void Settings_that_do_not_fit_together_are_refused_with_the_reason()
    {
        Assert.Equal(new WalMarks(1L << 30, null, TimeSpan.FromHours(4), TimeSpan.FromMinutes(30), false), TestSettings.Read(("PENSTOCK_RETAINED_WAL_WARNING", "1GB")).Capture.WalMarks);
        Assert.Equal(20L << 30, TestSettings.Read(("PENSTOCK_RETAINED_WAL_CRITICAL", "20GB"), ("PENSTOCK_ON_WAL_LIMIT", "drop-slot")).Capture.PauseLimits.DropBytes);
        Assert.Null(TestSettings.Read(("PENSTOCK_RETAINED_WAL_CRITICAL", "20GB")).Capture.PauseLimits.DropBytes);
        Assert.Contains("PENSTOCK_RETAINED_WAL_WARNING must be less than PENSTOCK_RETAINED_WAL_CRITICAL (1GB)", TestSettings.Refused(("PENSTOCK_RETAINED_WAL_WARNING", "1GB"), ("PENSTOCK_RETAINED_WAL_CRITICAL", "1024MB")), StringComparison.Ordinal);
        Assert.Contains("PENSTOCK_TIME_TO_FULL_CRITICAL must leave PENSTOCK_TIME_TO_FULL_WARNING above PENSTOCK_TIME_TO_FULL_CRITICAL (5h)", TestSettings.Refused(("PENSTOCK_TIME_TO_FULL_CRITICAL", "5h")), StringComparison.Ordinal);
        Assert.Contains("PENSTOCK_ON_WAL_LIMIT needs PENSTOCK_RETAINED_WAL_CRITICAL", TestSettings.Refused(("PENSTOCK_ON_WAL_LIMIT", "drop-slot")), StringComparison.Ordinal);
        Assert.Contains("not together with PENSTOCK_STATE=none", TestSettings.Refused(("PENSTOCK_ON_WAL_LIMIT", "drop-slot"), ("PENSTOCK_RETAINED_WAL_CRITICAL", "1GB"), ("PENSTOCK_STATE", "none")), StringComparison.Ordinal);
        Assert.Contains("PENSTOCK_ON_WAL_LIMIT is not right: must be warn or drop-slot", TestSettings.Refused(("PENSTOCK_ON_WAL_LIMIT", "drop")), StringComparison.Ordinal);
    }

    private static SlotProgress Look(long held, long? keep = null) =>
        new(DateTimeOffset.UnixEpoch, 1UL << 40, new SlotState("s", "pgoutput", "d", false, null, 1, 1, "reserved", false, held, "", false), null, keep, null);
}
