namespace Penstock.Postgres.State;

/// <summary>What is known about one pipeline besides the slot's position.</summary>
/// <param name="Name">The pipeline's name.</param>
/// <param name="SlotName">Its slot.</param>
/// <param name="SystemIdentifier">Which cluster it read from (IDENTIFY_SYSTEM).</param>
/// <param name="Timeline">And on which timeline.</param>
/// <param name="SnapshotLsn">The LSN of the last complete snapshot, 0 if there is none.</param>
/// <param name="SnapshotCompletedAt">When every record of it was delivered; null if there is none.</param>
/// <param name="ConfirmedLsn">The furthest position that the slot may have been told: written before it is told, so a slot beyond it was moved by somebody else. 0 if it is not known.</param>
/// <param name="Gaps">How often changes were missing so far.</param>
public sealed record PipelineRecord(
    string Name, string SlotName, string SystemIdentifier, long Timeline, ulong SnapshotLsn, DateTimeOffset? SnapshotCompletedAt, ulong ConfirmedLsn = 0, int Gaps = 0);
