using Microsoft.Extensions.Logging;
using Penstock.Kafka.Topics;
using PipelineMemory = Penstock.Postgres.State.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>Compares topics with what the state remembers, while this process alone works. A number of partitions that changed while none ran moves keys from now on.</summary>
internal static class RememberedPartitions
{
    public static void Compare(PipelineMemory state, TopicCatalog topics, ILogger logger)
    {
        var inUse = topics.InUse();
        var before = state.ExchangePartitions(inUse);
        foreach (var (topic, count) in inUse)
        {
            if (before.TryGetValue(topic, out int earlier) && earlier != count)
            {
                logger.LogWarning("{Change}", new PartitionChange(topic, earlier, count).ExplainAtStart());
            }
        }
    }
}
