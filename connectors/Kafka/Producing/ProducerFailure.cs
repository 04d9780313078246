using Confluent.Kafka;
using Penstock.Engine.Flow;

namespace Penstock.Kafka.Producing;

/// <summary>Why a producer has stopped for good.</summary>
/// <param name="Code">librdkafka's or the broker's error.</param>
/// <param name="Topic">The topic in the cluster, or "" if no single one is concerned.</param>
/// <param name="Partition">Its partition, or -1.</param>
/// <param name="Text">What happened, where, and what to do.</param>
/// <param name="IsTemporary">A new producer may succeed: the supervisor starts again from the confirmed position. False: the same record would be refused again.</param>
public sealed record ProducerFailure(ErrorCode Code, string Topic, int Partition, string Text, bool IsTemporary)
{
    /// <summary>A record that brokers refused, or that librdkafka gave up: one of the batch from <paramref name="first"/> to <paramref name="last"/>, librdkafka does not tell which.</summary>
    internal static ProducerFailure OfRecord(ErrorCode code, string topic, int partition, EventPosition first, EventPosition last, string reason)
    {
        (string hint, bool isTemporary) = Advise(code, topic);
        return new ProducerFailure(code, topic, partition, $"Kafka did not take a record for topic '{topic}', partition {partition} (position {first} to {last}): {reason} ({code}); {hint}", isTemporary);
    }

    /// <summary>An error that ends the whole producer.</summary>
    internal static ProducerFailure OfProducer(ErrorCode code, string reason) =>
        new(code, "", -1, $"the Kafka producer has stopped: {reason} ({code}); {Advise(code, "").Hint}", Advise(code, "").IsTemporary);

    internal static ProducerFailure NoProgress(int timeoutMs, long batches, string lastBrokerError) => new(
        ErrorCode.Local_MsgTimedOut,
        "",
        -1,
        $"Kafka has taken nothing of the oldest of {batches} batches for {timeoutMs / 1000} s (kafka.message.timeout.ms){(lastBrokerError.Length > 0 ? $": {lastBrokerError}" : "")}; the pipeline starts again from the confirmed position",
        IsTemporary: true);

    private static (string Hint, bool IsTemporary) Advise(ErrorCode code, string topic) => code switch
    {
        ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge =>
            ("the topic takes less than PENSTOCK_MAX_RECORD_BYTES: raise the topic's max.message.bytes, or lower PENSTOCK_MAX_RECORD_BYTES to it", false),
        ErrorCode.TopicAuthorizationFailed => ($"the user of the pipeline needs the right to write (and describe) topic '{topic}'", false),
        ErrorCode.ClusterAuthorizationFailed => ("the brokers do not give the pipeline a producer id; it goes on without an idempotent producer, one request at a time", true),
        ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition =>
            ("the topic, or this partition of it, is gone: create it again with as many partitions as before", true),
        ErrorCode.PolicyViolation or ErrorCode.InvalidRecord => ("the topic's settings refuse this record (a compacted topic takes no record without a key): see the broker's log", false),
        ErrorCode.InvalidRequiredAcks or ErrorCode.UnsupportedForMessageFormat => ("the brokers cannot keep the order of an idempotent producer: they must be Kafka 1.0 or later", false),
        ErrorCode.SaslAuthenticationFailed => ("the brokers refuse user or password: see PENSTOCK_KAFKA_SASL_USERNAME", false),
        _ => ("the pipeline starts again from the confirmed position", true),
    };
}

/// <summary>The producer has failed or was closed; <see cref="IRecordProducer.Failed"/> has been told already.</summary>
public sealed class ProducerFailedException(ProducerFailure failure) : Exception(failure.Text)
{
    public ProducerFailure Failure { get; } = failure;
}
