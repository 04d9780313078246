using Penstock.Postgres.Slot;

namespace Penstock.Postgres.State;

/// <summary>
/// Whether the slot goes on where the pipeline left it: what the state remembers, against the server and the slot as they are (correctness: a recreated slot, or one that
/// the server forwards in silence, loses changes without an error).
/// </summary>
public static class SlotContinuity
{
    /// <param name="record">What the pipeline remembers; null for nothing: then only a lost slot can be recognised.</param>
    /// <param name="server">Which server answers.</param>
    /// <param name="headLsn">The end of its write-ahead log.</param>
    /// <param name="slotName">The pipeline's slot.</param>
    /// <param name="slot">The slot as it is; null if there is none.</param>
    /// <returns>What is missing, or null if nothing is.</returns>
    public static SlotGap? Judge(PipelineRecord? record, ServerIdentity server, ulong headLsn, string slotName, SlotState? slot)
    {
        ulong confirmed = record?.ConfirmedLsn ?? 0;
        if (slot is { IsLost: true })
        {
            return new SlotGap(GapKind.SlotLost, slotName, confirmed != 0 ? confirmed : slot.ConfirmedFlushLsn, headLsn);
        }

        // A slot of another name is another beginning; so is a record of an earlier version, which knows no position.
        if (record is null || record.SlotName != slotName || confirmed == 0)
        {
            return null;
        }

        if (record.SystemIdentifier != server.SystemIdentifier)
        {
            return new SlotGap(GapKind.OtherServer, slotName, confirmed, slot?.ConfirmedFlushLsn ?? headLsn);
        }

        if (headLsn < confirmed)
        {
            return new SlotGap(GapKind.ServerBehind, slotName, confirmed, headLsn);
        }

        return slot is null ? new SlotGap(GapKind.SlotGone, slotName, confirmed, headLsn)
            : slot.ConfirmedFlushLsn > confirmed ? new SlotGap(GapKind.SlotAhead, slotName, confirmed, slot.ConfirmedFlushLsn)
            : null;
    }
}
