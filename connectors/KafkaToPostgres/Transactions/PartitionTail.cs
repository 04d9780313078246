using Penstock.Debezium.Reading.Transactions;
using Penstock.Kafka.Consuming;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Transactions;

/// <summary>The last event of a partition that has come.</summary>
/// <param name="lease">The partition.</param>
internal sealed class PartitionTail(PartitionLease lease)
{
    public PartitionLease Lease { get; } = lease;

    /// <summary>Records before this offset were applied.</summary>
    public long AppliedOffset { get; } = ((PartitionPosition)lease.State!).AppliedOffset;

    /// <summary>The transaction of the last event; null before the first one.</summary>
    public PendingTransaction? Last { get; private set; }

    /// <summary>The event's place in it.</summary>
    public long LastOrder { get; private set; }

    /// <summary>The event's place in the source's log; at first what was applied.</summary>
    public SourcePosition Position { get; private set; } = ((PartitionPosition)lease.State!).Applied;

    /// <summary>The table by the name that END records use; "" before the first event.</summary>
    public string Collection { get; set; } = "";

    /// <summary>A transaction whose records are not given on yet is the last one here: what comes now has to wait behind it.</summary>
    public PendingTransaction? Waiting => Last is { IsGone: false } ? Last : null;

    public void Moved(PendingTransaction transaction, in EventTransaction place) => (Last, LastOrder, Position) = (transaction, place.TotalOrder, place.Position);

    /// <summary>An event was there before: its transaction is still held and has it, or the position says so.</summary>
    public bool Had(in EventTransaction place) =>
        Waiting is { } waiting && waiting.Id == place.Id ? place.TotalOrder <= LastOrder : place.Position.IsOlderThan(Position);

    /// <summary>Nothing of a transaction can come here any more: a later one has begun.</summary>
    public bool IsBeyond(PendingTransaction transaction) =>
        (Waiting is { } waiting && waiting != transaction) || (transaction.End is { } end && Position.CommitLsn >= end.Position.Lsn);
}
