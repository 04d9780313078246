using System.Runtime.InteropServices;
using Confluent.Kafka;
using Penstock.Kafka.Native;

namespace Penstock.Kafka.Consuming;

/// <summary>The consumer cannot go on.</summary>
/// <param name="message">What, where, what to type next.</param>
/// <param name="isTemporary">Another attempt may succeed without anybody doing anything.</param>
public sealed class ConsumerException(string message, bool isTemporary) : Exception(message)
{
    public bool IsTemporary { get; } = isTemporary;

    /// <summary>The broker refuses a right.</summary>
    internal static ConsumerException OfARight(ErrorCode code, string text) => new(
        code == ErrorCode.TopicAuthorizationFailed
            ? $"the user of KAFKA_URL may not read a topic: {text}"
            : $"the user of KAFKA_URL may not use the consumer group: {text}. On shared plans a group is created first: heroku kafka:consumer-groups:create NAME",
        isTemporary: false);

    /// <summary>For a call that gives librdkafka's number of an error, 0 for none.</summary>
    internal static void ThrowIf(int code, string what)
    {
        if (code != 0)
        {
            throw new ConsumerException($"librdkafka refuses {what}: {KafkaLibrary.ErrorText(code)}", isTemporary: true);
        }
    }

    /// <summary>For a call that gives an error object, which is destroyed here, or null.</summary>
    internal static void ThrowIf(nint error, string what)
    {
        if (error != 0)
        {
            string text = Marshal.PtrToStringUTF8(NativeConsumerApi.ErrorText(error)) ?? "";
            NativeKafka.ErrorDestroy(error);
            throw new ConsumerException($"librdkafka refuses {what}: {text}", isTemporary: true);
        }
    }
}

/// <summary>The broker has no record at the offset any more: retention has removed what was not yet read.</summary>
/// <param name="lease">Of which partition.</param>
public sealed class OffsetLostException(PartitionLease lease)
    : Exception($"records of {lease} that were not yet applied are no longer in the topic: retention has removed them")
{
    public PartitionLease Lease { get; } = lease;
}
