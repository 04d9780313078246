namespace Penstock.Kafka.Partitioning;

/// <summary>How many partitions a topic has, fixed for the life of the pipeline: a changed number would send a key elsewhere.</summary>
public interface IPartitionCounts
{
    /// <summary>Partitions of a topic of the <see cref="Engine.Flow.TopicTable"/>, at least 1. May wait for the cluster on first use.</summary>
    int Count(int topic);
}
