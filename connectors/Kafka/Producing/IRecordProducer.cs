using Penstock.Engine.Flow;

namespace Penstock.Kafka.Producing;

/// <summary>
/// Hands batches to Kafka and reports what is delivered: pipeline block 5.
/// </summary>
/// <remarks>
/// Order holds within a partition. A record counts as delivered only by its own delivery report (acknowledged by all in-sync replicas), never by an empty queue.
/// One thread produces; reports come on a thread of the producer. After a failure nothing more is sent than what is on its way already, so that no record overtakes the failed one.
/// </remarks>
public interface IRecordProducer : IDisposable
{
    /// <summary>
    /// Told (sequence, records) when records of a batch are delivered or need no delivery: one call for all that were removed, one when all others are acknowledged.
    /// Must be quick and must not throw.
    /// </summary>
    Action<long, int>? Delivered { get; set; }

    /// <summary>Told once, on a thread of the producer, when it has failed for good.</summary>
    Action<ProducerFailure>? Failed { get; set; }

    /// <summary>Why it has failed, or null.</summary>
    ProducerFailure? Failure { get; }

    /// <summary>Counts since the start.</summary>
    ProducerStatistics Statistics { get; }

    /// <summary>
    /// Takes a partitioned batch over: hands all records to librdkafka, waiting for room in its queue, and returns the slab to its pool. The batch object itself stays the caller's.
    /// </summary>
    /// <exception cref="ProducerFailedException">The producer has failed, now or before.</exception>
    /// <exception cref="GraphStoppedException">The producer was disposed meanwhile.</exception>
    void Produce(RecordBatch batch);

    /// <summary>Completes when all that was produced is delivered.</summary>
    /// <exception cref="ProducerFailedException">It will never be.</exception>
    Task DrainAsync();

    /// <summary>Waits for the same; false when the time is over first.</summary>
    /// <exception cref="ProducerFailedException">It will never be.</exception>
    bool Flush(TimeSpan timeout);
}

/// <summary>Counts of a producer since its start.</summary>
/// <param name="Records">Handed to librdkafka.</param>
/// <param name="Bytes">Their keys and values.</param>
/// <param name="Delivered">Acknowledged by all in-sync replicas.</param>
/// <param name="BatchesInFlight">Batches that wait for reports.</param>
/// <param name="QueueFullWaits">How often there was no room in the queue: back-pressure from the brokers.</param>
public sealed record ProducerStatistics(long Records, long Bytes, long Delivered, int BatchesInFlight, long QueueFullWaits);
