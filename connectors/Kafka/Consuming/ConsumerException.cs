namespace Penstock.Kafka.Consuming;

/// <summary>The consumer cannot go on.</summary>
/// <param name="message">What, where, what to type next.</param>
/// <param name="isTemporary">Another attempt may succeed without anybody doing anything.</param>
public sealed class ConsumerException(string message, bool isTemporary) : Exception(message)
{
    public bool IsTemporary { get; } = isTemporary;
}

/// <summary>The broker has no record at the offset any more: retention has removed what was not yet read.</summary>
/// <param name="lease">Of which partition.</param>
public sealed class OffsetLostException(PartitionLease lease)
    : Exception($"records of {lease} that were not yet applied are no longer in the topic: retention has removed them")
{
    public PartitionLease Lease { get; } = lease;
}
