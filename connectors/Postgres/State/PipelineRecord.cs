namespace Penstock.Postgres.State;

/// <summary>What is known about one pipeline besides the slot's position.</summary>
/// <param name="Name">The pipeline's name.</param>
/// <param name="SlotName">Its slot.</param>
/// <param name="SystemIdentifier">Which cluster it read from (IDENTIFY_SYSTEM).</param>
/// <param name="Timeline">And on which timeline.</param>
/// <param name="SnapshotLsn">The LSN of the last complete snapshot, 0 if there is none.</param>
/// <param name="SnapshotCompletedAt">When every record of it was delivered; null if there is none.</param>
public sealed record PipelineRecord(string Name, string SlotName, string SystemIdentifier, long Timeline, ulong SnapshotLsn, DateTimeOffset? SnapshotCompletedAt);
