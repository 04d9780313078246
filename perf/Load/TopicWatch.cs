using Confluent.Kafka;

namespace Penstock.Load;

/// <summary>How many records a topic holds, from its partitions' ends: cheap enough to ask often while something is measured.</summary>
internal sealed class TopicWatch : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly IConsumer<Ignore, Ignore> _consumer;
    private readonly TopicPartition[] _partitions;

    public TopicWatch(string bootstrap, string topic, int partitions)
    {
        _consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = bootstrap, GroupId = "unused", EnableAutoCommit = false }).Build();
        _partitions = [.. Enumerable.Range(0, partitions).Select(partition => new TopicPartition(topic, partition))];
    }

    public long Records() => _partitions.Sum(partition => _consumer.QueryWatermarkOffsets(partition, Timeout).High.Value);

    public void Dispose() => _consumer.Dispose();
}
