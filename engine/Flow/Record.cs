namespace Penstock.Engine.Flow;

/// <summary>
/// One record for Kafka: ranges of the batch's slab and where it goes. Lengths of -1 mean null (no key, or a tombstone's value).
/// </summary>
public struct Record
{
    /// <summary>Index into <see cref="TopicTable"/>.</summary>
    public int Topic;

    /// <summary>Target partition; -1 until the partitioner has chosen.</summary>
    public int Partition;

    public int KeyOffset;
    public int KeyLength;
    public int ValueOffset;
    public int ValueLength;

    /// <summary>Headers as <c>int16 count, then count x (int32 length, name, int32 length or -1, value)</c>, big-endian; length 0 means no headers.</summary>
    public int HeadersOffset;
    public int HeadersLength;

    /// <summary>The record's own time in milliseconds since 1970; -1 where the producer's clock gives it, as librdkafka does for 0.</summary>
    public long TimestampMs;

    /// <summary>Commit LSN of the transaction: with <see cref="Ordinal"/> the identity of the event (invariant 4).</summary>
    public ulong CommitLsn;

    /// <summary>Counts the records of a transaction from 0, in the order in which they are emitted.</summary>
    public long Ordinal;

    /// <summary>Index of the source table in <see cref="RecordBatch.Source"/>; -1 for records of no table (heartbeats).</summary>
    public int Table;

    /// <summary>Operation as in the event ('c', 'u', 'd', 'r', 't', 'm'), 'x' for a tombstone, 'h' for a heartbeat.</summary>
    public byte Operation;

    /// <summary>Set by the size filter: the record is accounted for but not produced.</summary>
    public bool Removed;
}
