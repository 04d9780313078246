using Penstock.Kafka.Connection;
using Penstock.Kafka.Consuming;

namespace Penstock.Kafka.Topics;

/// <summary>Reads a topic that is used as a table, to the end that it has now: the last value of each key. Joins no group, writes nothing.</summary>
public static class LastValues
{
    private const int PollMs = 250;

    /// <summary>How long no record may come, in milliseconds.</summary>
    private const int SilenceMs = 15_000;

    /// <summary>Bytes that may wait: what is read is small, and thrown away but for the last.</summary>
    private const int QueueBytes = 4 * 1024 * 1024;

    private const long FromTheBeginning = -2;

    /// <param name="connection">The cluster, opened.</param>
    /// <param name="topic">Gets the prefix.</param>
    /// <param name="log">For what librdkafka says.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>Keys and values; a value is null where a tombstone is the last record. Records without a key are left out.</returns>
    /// <exception cref="TopicException">There is no such topic, or it may not be read.</exception>
    /// <exception cref="KafkaUnavailableException">No broker answers, or no more records come.</exception>
    public static IReadOnlyList<(byte[] Key, byte[]? Value)> Read(KafkaConnection connection, string topic, ClientLog log, CancellationToken stop)
    {
        var (name, partitions) = TopicListing.Read(connection, log).Find(topic);
        using var scan = new TopicScan(connection, name, QueueBytes, log);
        foreach (int partition in partitions)
        {
            scan.Start(partition, FromTheBeginning);
        }

        // Equal keys are in one partition, so that the last one that comes is the last one.
        var last = new Dictionary<string, (byte[] Key, byte[]? Value)>(StringComparer.Ordinal);
        var unfinished = partitions.ToHashSet();
        long silentSince = Environment.TickCount64;
        while (unfinished.Count > 0)
        {
            stop.ThrowIfCancellationRequested();
            switch (scan.Next(PollMs, (in ScannedRecord record) => Keep(last, record), out int ended))
            {
                case ScanStep.Record:
                    silentSince = Environment.TickCount64;
                    break;
                case ScanStep.PartitionEnd:
                    silentSince = Environment.TickCount64;
                    unfinished.Remove(ended);
                    break;
                default:
                    ThrowIfSilent(connection, name, silentSince, log);
                    break;
            }
        }

        return [.. last.Values];
    }

    private static void Keep(Dictionary<string, (byte[] Key, byte[]? Value)> last, in ScannedRecord record)
    {
        if (record.HasKey)
        {
            last[Convert.ToBase64String(record.Key)] = (record.Key.ToArray(), record.HasValue ? record.Value.ToArray() : null);
        }
    }

    private static void ThrowIfSilent(KafkaConnection connection, string topic, long silentSince, ClientLog log)
    {
        if (Environment.TickCount64 - silentSince > SilenceMs)
        {
            throw new KafkaUnavailableException($"no answer from Kafka at {connection.BootstrapServers} (KAFKA_URL): topic '{topic}' gave no record for {SilenceMs / 1000} s. {log.LastBrokerError}".TrimEnd());
        }
    }
}
