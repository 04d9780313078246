using Confluent.Kafka;

namespace Penstock.Load;

/// <summary>How many records topics hold, from their partitions' ends: cheap enough to ask often while something is measured.</summary>
internal sealed class TopicWatch : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly IConsumer<Ignore, Ignore> _consumer;
    private readonly TopicPartition[] _partitions;
    private readonly long[] _ends;

    public TopicWatch(string bootstrap, IEnumerable<string> topics, int partitions)
    {
        _consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = bootstrap, GroupId = "unused", EnableAutoCommit = false }).Build();
        _partitions = [.. topics.SelectMany(topic => Enumerable.Range(0, partitions).Select(partition => new TopicPartition(topic, partition)))];
        _ends = new long[_partitions.Length];
    }

    /// <summary>Asks partition after partition, so with very many of them it is asked seldom.</summary>
    public long Records()
    {
        for (int i = 0; i < _partitions.Length; i++)
        {
            _ends[i] = _consumer.QueryWatermarkOffsets(_partitions[i], Timeout).High.Value;
        }

        return _ends.Sum();
    }

    public void Dispose() => _consumer.Dispose();
}
