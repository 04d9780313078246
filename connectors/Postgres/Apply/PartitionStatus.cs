namespace Penstock.Postgres.Apply;

/// <summary>How far a partition is, as the target says.</summary>
/// <param name="Topic">Its topic's name in the cluster.</param>
/// <param name="Partition">Its number.</param>
/// <param name="NextOffset">The first offset that is not applied; -1 if nothing of it ever was.</param>
/// <param name="Epoch">How often it was taken by a process.</param>
/// <param name="Owner">Who took it last, as host/process id.</param>
/// <param name="UpdatedAt">When something of it was applied last, or it was taken; UTC.</param>
/// <param name="DeadLetters">Records of it that were put aside and not replayed.</param>
/// <param name="Parked">Of these, changes of rows that are not in the table: the event leaves out values.</param>
public sealed record PartitionStatus(string Topic, int Partition, long NextOffset, long Epoch, string Owner, DateTime UpdatedAt, long DeadLetters, long Parked);
