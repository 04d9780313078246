using Penstock.Postgres.Slot;
using Penstock.Postgres.State;

namespace Penstock.PostgresTests.State;

/// <summary>What counts as a gap, and what does not.</summary>
public sealed class SlotContinuityTests
{
    private static readonly ServerIdentity Server = new("77", 1);

    public static TheoryData<string, PipelineRecord?, ServerIdentity, ulong, SlotState?, GapKind?, ulong, ulong> Cases => new()
    {
        { "the first start", null, Server, 500, null, null, 0, 0 },
        { "a record without a position, of an earlier version", Record(0), Server, 500, Slot(900), null, 0, 0 },
        { "the slot where it was left", Record(300), Server, 500, Slot(300), null, 0, 0 },
        { "the slot behind the record: the server crashed before its checkpoint", Record(300), Server, 500, Slot(200), null, 0, 0 },
        { "a promoted standby with the slot", Record(300), new("77", 2), 500, Slot(250), null, 0, 0 },
        { "a slot of another name", Record(300) with { SlotName = "older" }, Server, 500, null, null, 0, 0 },
        { "the slot is gone", Record(300), Server, 500, null, GapKind.SlotGone, 300, 500 },
        { "the slot was made anew, or moved", Record(300), Server, 500, Slot(301), GapKind.SlotAhead, 300, 301 },
        { "the slot is lost", Record(300), Server, 500, Slot(300, "lost"), GapKind.SlotLost, 300, 500 },
        { "the slot is lost and nothing is remembered", null, Server, 500, Slot(200, "lost"), GapKind.SlotLost, 200, 500 },
        { "about to be lost is not lost", Record(300), Server, 500, Slot(300, "unreserved"), null, 0, 0 },
        { "another server with a slot", Record(300), new("78", 1), 500, Slot(40), GapKind.OtherServer, 300, 40 },
        { "another server without one", Record(300), new("78", 1), 500, null, GapKind.OtherServer, 300, 500 },
        { "a restored backup", Record(300), Server, 250, Slot(200), GapKind.ServerBehind, 300, 250 },
        { "a promoted standby that lagged", Record(300), new("77", 2), 250, Slot(200), GapKind.ServerBehind, 300, 250 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_slot_is_held_against_the_record(string what, PipelineRecord? record, ServerIdentity server, ulong head, SlotState? slot, GapKind? kind, ulong from, ulong to)
    {
        var gap = SlotContinuity.Judge(record, server, head, "s", slot);
        Assert.True(gap?.Kind == kind, what);
        Assert.Equal((from, to), (gap?.FromLsn ?? 0, gap?.ToLsn ?? 0));
        Assert.True(gap is null || gap.Description.Length > 20, what);
    }

    private static PipelineRecord Record(ulong confirmed) => new("p", "s", "77", 1, 100, DateTimeOffset.UnixEpoch, confirmed);

    private static SlotState Slot(ulong confirmed, string walStatus = "reserved") => new("s", "pgoutput", "d", false, null, confirmed - 1, confirmed, walStatus, false, 0, "", false);
}
