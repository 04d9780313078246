using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.State;
using Penstock.Postgres.Wal;
using Penstock.PostgresToKafka.Settings;
using PipelineMemory = Penstock.Postgres.State.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// Looks whether the slot goes on where this pipeline left it, before anything is read and again when the slot is held, and does what <c>on.gap</c> says if it does not.
/// </summary>
internal sealed class Continuity(PipelineOptions options, SourceDatabase database, PipelineMemory state, ILogger logger, HealthState health)
{
    private ServerIdentity? _server;

    /// <summary>The server of this run.</summary>
    public ServerIdentity Server => _server ??= ServerIdentity.Read(database);

    /// <summary>Before anything is read. A lost slot is dropped where the policy goes on without it.</summary>
    /// <returns>What is missing, if the pipeline goes on all the same; null if nothing is.</returns>
    /// <exception cref="PreflightFailedException"><c>on.gap=fail</c>: the message names the range, and what to type.</exception>
    /// <exception cref="DatabaseException"><see cref="FailureClass.SlotActive"/>: another process reads from the slot, and may move it.</exception>
    public SlotGap? Check()
    {
        var (record, slot, head) = Look();
        if (slot is { IsActive: true })
        {
            throw new DatabaseException(FailureClass.SlotActive, $"slot \"{slot.Name}\" is active: process {slot.ActivePid} of the server reads it; this process takes over when that one ends.");
        }

        if (SlotContinuity.Judge(record, Server, head, options.Capture.SlotName, slot) is not { } gap || IsFirstSnapshot(record, gap))
        {
            SayNotices(record, slot);
            return null;
        }

        health.Gap(gap.Description);
        if (options.GapPolicy == GapPolicy.Fail)
        {
            throw new PreflightFailedException(
                $"{gap.Description}. Set PENSTOCK_ON_GAP=resnapshot to read the tables again (deletes in between stay unknown to consumers), or PENSTOCK_ON_GAP=continue to go on with what follows; "
                + $"to begin as if for the first time: DELETE FROM penstock.pipeline WHERE name = {SqlName.Literal(options.Name)};");
        }

        logger.LogError(
            "gap: {Gap} {From} {To}; {Next}",
            gap.Description,
            new Lsn(gap.FromLsn),
            new Lsn(gap.ToLsn),
            options.GapPolicy == GapPolicy.Resnapshot ? "the tables are read again (PENSTOCK_ON_GAP=resnapshot)" : "going on without them (PENSTOCK_ON_GAP=continue)");
        if (gap.Kind == GapKind.SlotLost)
        {
            using var control = database.Open();
            database.Translated(() => ReplicationSlots.Drop(control, options.Capture.SlotName));
            logger.LogWarning("the lost slot {Slot} is dropped", options.Capture.SlotName);
        }

        state.WriteGap(gap.Description);
        return gap;
    }

    /// <summary>
    /// When the slot is held. The server forwards a start before the slot's position in silence, so a slot that was moved since <see cref="Check"/> shows only here.
    /// </summary>
    /// <param name="startLsn">Where reading was asked to begin.</param>
    /// <param name="known">What is known to be missing.</param>
    /// <returns>How far the slot may be told without a new record.</returns>
    /// <exception cref="DatabaseException"><see cref="FailureClass.Unavailable"/>: begin anew, and find the gap in <see cref="Check"/>.</exception>
    public ulong Confirm(ulong startLsn, SlotGap? known)
    {
        var (record, slot, _) = Look();
        if (slot is null || slot.ConfirmedFlushLsn > startLsn)
        {
            throw new DatabaseException(
                FailureClass.Unavailable,
                $"slot \"{options.Capture.SlotName}\" was at {new Lsn(startLsn)} and is at {(slot is null ? "no position" : new Lsn(slot.ConfirmedFlushLsn).ToString())} now: it was moved while this process started.");
        }

        // With a gap the state stays until the record that tells of it is delivered, and is then written anew, from whatever it says: a kill before that tells the gap again.
        if (known is not null)
        {
            return 0;
        }

        ulong recorded = record?.SlotName == options.Capture.SlotName ? record.ConfirmedLsn : 0;
        if (recorded >= slot.ConfirmedFlushLsn && record!.SystemIdentifier == Server.SystemIdentifier && record.Timeline == Server.Timeline)
        {
            return recorded;
        }

        recorded = Math.Max(recorded, slot.ConfirmedFlushLsn);
        state.WriteConfirmed(options.Capture.SlotName, Server, recorded);
        return recorded;
    }

    // The slot of a first snapshot is made when the rows are delivered: one that is not there was never made.
    private bool IsFirstSnapshot(PipelineRecord? record, SlotGap gap) =>
        gap.Kind == GapKind.SlotGone && record?.SnapshotCompletedAt is null && options.Snapshot.Rule.Time != SnapshotTime.Never;

    private void SayNotices(PipelineRecord? record, SlotState? slot)
    {
        if (slot is { WalStatus: "unreserved" })
        {
            logger.LogWarning("slot {Slot} is about to be lost: the server may remove write-ahead log that it needs at the next checkpoint (max_slot_wal_keep_size)", slot.Name);
        }

        if (record is null || slot is null || record.SlotName != slot.Name)
        {
            return;
        }

        if (record.Timeline != Server.Timeline)
        {
            logger.LogWarning("the server was promoted: timeline {Timeline} after {EarlierTimeline}; the slot came along", Server.Timeline, record.Timeline);
        }

        if (record.ConfirmedLsn > slot.ConfirmedFlushLsn && slot.ConfirmedFlushLsn != 0)
        {
            logger.LogInformation("the slot stands before what was confirmed: changes in between may be sent again {Slot} {Confirmed}", new Lsn(slot.ConfirmedFlushLsn), new Lsn(record.ConfirmedLsn));
        }
    }

    private (PipelineRecord? Record, SlotState? Slot, ulong Head) Look()
    {
        var record = state.Read();
        using var control = database.Open();
        return database.Translated(() => (record, ReplicationSlots.Find(control, options.Capture.SlotName), ReplicationSlots.HeadLsn(control)));
    }
}
