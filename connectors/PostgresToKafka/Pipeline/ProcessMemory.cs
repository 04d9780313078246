using Penstock.Kafka.Topics;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>What one run tells the next one of the same process.</summary>
internal sealed class ProcessMemory
{
    /// <summary>A snapshot was completed since the process started: the next run of it, after a failure that passed, is no new start.</summary>
    public bool SnapshotTaken { get; set; }

    /// <summary>Where the slot stood when it was made or when a snapshot was taken: from there on no commit is known. 0 if neither has happened.</summary>
    public ulong FreshSlotLsn { get; set; }

    /// <summary>How many partitions of each topic are used.</summary>
    public FixedPartitions Partitions { get; } = new();

    /// <summary>Where the source's log ends.</summary>
    public LogHead Head { get; } = new();

    /// <summary>Changes of topics that were said already.</summary>
    public HashSet<PartitionChange> SaidChanges { get; } = [];
}
