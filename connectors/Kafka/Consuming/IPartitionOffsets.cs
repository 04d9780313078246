namespace Penstock.Kafka.Consuming;

/// <summary>Who knows from where partitions are to be read. Called on the consumer's thread, between two polls.</summary>
public interface IPartitionOffsets
{
    /// <summary>Takes partitions over: from now on no former owner can commit them.</summary>
    IReadOnlyList<PartitionLease> Take(IReadOnlyList<(string Topic, int Partition)> partitions);

    /// <summary>The partitions have gone elsewhere, or are given back.</summary>
    /// <param name="leases">Already revoked.</param>
    void Released(IReadOnlyList<PartitionLease> leases);
}
