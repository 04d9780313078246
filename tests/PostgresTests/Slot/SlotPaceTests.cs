using Penstock.Postgres.Slot;

namespace Penstock.PostgresTests.Slot;

/// <summary>The time that is left, from two looks at one slot.</summary>
public sealed class SlotPaceTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_pipeline_that_is_quicker_than_the_log_catches_up()
    {
        // 1,000 bytes behind in the end; 300 bytes a second are written, 500 confirmed.
        var pace = SlotPace.Between(Look(0, head: 9_400, confirmed: 8_000), Look(2, head: 10_000, confirmed: 9_000));
        Assert.Equal(new SlotPace(300, 500, TimeSpan.FromSeconds(5), null), pace);
    }

    [Fact]
    public void One_that_is_slower_or_stands_still_does_not_and_fills_what_the_server_keeps()
    {
        // 1,000 bytes a second more are kept, 6,000 are, 16,000 may be.
        var pace = SlotPace.Between(Look(0, 10_000, 4_000, keep: 16_000), Look(2, 12_000, 4_000, held: 6_000, keep: 16_000));
        Assert.Equal(new SlotPace(1_000, 0, null, TimeSpan.FromSeconds(10)), pace);
        // Beyond the limit already, as the server removes no log before a checkpoint.
        Assert.Equal(TimeSpan.Zero, SlotPace.Between(Look(0, 10_000, 4_000, keep: 5_000), Look(2, 12_000, 4_000, held: 6_000, keep: 5_000))?.ToFull);
        // Without a limit it is the disk that fills.
        Assert.Null(SlotPace.Between(Look(0, 10_000, 4_000), Look(2, 12_000, 4_000))?.ToFull);
    }

    [Fact]
    public void One_that_is_there_has_nothing_to_catch_up_and_a_quiet_log_fills_nothing() =>
        Assert.Equal(new SlotPace(0, 0, null, null), SlotPace.Between(Look(0, 10_000, 10_000, keep: 1), Look(1.5, 10_000, 10_000, keep: 1)));

    [Fact]
    public void A_growth_of_a_byte_an_hour_is_not_more_than_a_number_can_hold()
    {
        var pace = SlotPace.Between(Look(0, 10_000, 4_000, keep: long.MaxValue), Look(3_600, 10_001, 4_000, keep: long.MaxValue));
        Assert.InRange(pace!.ToFull!.Value.TotalDays, 3_650, 3_660);
    }

    [Fact]
    public void Without_a_slot_at_both_looks_or_time_between_them_nothing_is_said()
    {
        var with = Look(0, 10, 10);
        Assert.Null(SlotPace.Between(with with { Slot = null }, Look(1, 20, 20)));
        Assert.Null(SlotPace.Between(with, Look(1, 20, 20) with { Slot = null }));
        Assert.Null(SlotPace.Between(with, with));
    }

    [Fact]
    public void A_slot_that_was_made_anew_behind_the_first_look_is_not_quick()
    {
        var pace = SlotPace.Between(Look(0, 10_000, 9_000), Look(1, 10_100, 8_000));
        Assert.Equal((0L, null), (pace!.ConfirmedBytesPerSecond, pace.ToCatchUp));
    }

    private static SlotProgress Look(double seconds, ulong head, ulong confirmed, long held = 0, long? keep = null) => new(
        Start.AddSeconds(seconds), head, new SlotState("s", "pgoutput", "d", true, 1, confirmed, confirmed, "reserved", false, held, "", false), null, keep, null);
}
