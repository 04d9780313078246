namespace Penstock.Kafka.Consuming;

/// <summary>
/// A partition that this process reads, from its assignment to its revocation. Every record carries the lease under which it was read, so that what is still on its way when
/// the partition goes elsewhere can be told from what belongs to a later assignment.
/// </summary>
public sealed class PartitionLease(string topic, int partition, long firstOffset)
{
    private volatile bool _isRevoked;

    public string Topic { get; } = topic;

    public int Partition { get; } = partition;

    /// <summary>Where reading begins; negative for librdkafka's beginning (-2) and end (-1).</summary>
    public long FirstOffset { get; } = firstOffset;

    /// <summary>The first offset that was not yet given on under this lease: what librdkafka fetches again after a pause does not come twice.</summary>
    internal long NextOffset { get; set; } = long.MinValue;

    /// <summary>What the owner of the offsets keeps with it, such as its fencing epoch.</summary>
    public object? State { get; init; }

    /// <summary>The partition has gone elsewhere: what was read under this lease is not applied any more.</summary>
    public bool IsRevoked => _isRevoked;

    public void Revoke() => _isRevoked = true;

    public override string ToString() => $"{Topic}[{Partition}]";
}
