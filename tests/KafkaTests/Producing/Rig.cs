using System.Collections.Concurrent;
using Penstock.Engine.Flow;
using Penstock.Kafka.Producing;
using Penstock.Kafka.Topics;

namespace Penstock.KafkaTests.Producing;

/// <summary>Partitioner and producer as the pipeline links them.</summary>
internal sealed class Rig : IDisposable
{
    private readonly TopicCatalog _catalog;
    private readonly Kafka.Partitioning.Partitioner _partitioner;
    private readonly TaskCompletionSource<ProducerFailure> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Rig(RecordProducers producers, TopicCatalog catalog, BatchSource source)
    {
        _catalog = catalog;
        _partitioner = new Kafka.Partitioning.Partitioner(source.Topics, catalog);
        Producer = producers.Create();
        Producer.Delivered = (sequence, records) => Delivered.Enqueue((sequence, records));
        Producer.Failed = failure => _failure.TrySetResult(failure);
    }

    public IRecordProducer Producer { get; }

    public ConcurrentQueue<(long Sequence, int Records)> Delivered { get; } = new();

    public int Partitions(int topic) => _catalog.Count(topic);

    public void Produce(RecordBatch batch)
    {
        _partitioner.Partition(batch);
        Producer.Produce(batch);
    }

    public ProducerFailure WaitForFailure() =>
        _failure.Task.Wait(TimeSpan.FromSeconds(30)) ? _failure.Task.Result : throw new TimeoutException("the producer did not fail within 30 s");

    public void Dispose()
    {
        Producer.Dispose();
        _catalog.Dispose();
    }
}
