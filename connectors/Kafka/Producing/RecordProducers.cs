using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Flow;
using Penstock.Kafka.Connection;

namespace Penstock.Kafka.Producing;

/// <summary>
/// Makes the producer of each run of the pipeline, and remembers between runs that the brokers refuse producer ids.
/// </summary>
/// <remarks>
/// Brokers before Kafka 2.8 give a producer id only to users with a right on the cluster. The first run then fails before anything is sent; the next ones go without it and
/// keep the order by one request at a time.
/// </remarks>
public sealed partial class RecordProducers(KafkaConnection connection, TopicTable topics, ILogger logger, ProducerKind kind = ProducerKind.Native)
{
    private bool _idempotent = connection.IsIdempotent;

    /// <summary>librdkafka's log and errors.</summary>
    public ClientLog Log { get; } = new(logger);

    /// <summary>Makes a producer; set its callbacks before the first batch.</summary>
    public IRecordProducer Create() => kind == ProducerKind.Native
        ? new NativeRecordProducer(connection, topics, Log, _idempotent)
        : new ConfluentRecordProducer(connection, topics, Log, _idempotent);

    /// <summary>To be told of every failure, before the next <see cref="Create"/>.</summary>
    public void Learn(ProducerFailure failure)
    {
        if (_idempotent && failure.Code == ErrorCode.ClusterAuthorizationFailed)
        {
            _idempotent = false;
            LogNotIdempotent();
        }
    }

    [LoggerMessage(
        EventId = 3110,
        Level = LogLevel.Warning,
        Message = "the brokers refuse a producer id (CLUSTER_AUTHORIZATION_FAILED): going on with acks=all and one request at a time; order is kept, a retry may repeat records")]
    private partial void LogNotIdempotent();
}

/// <summary>Which way records take to librdkafka.</summary>
public enum ProducerKind
{
    /// <summary>Whole batches by <see cref="NativeRecordProducer"/>.</summary>
    Native,

    /// <summary>One by one by <see cref="ConfluentRecordProducer"/>.</summary>
    Confluent,
}
