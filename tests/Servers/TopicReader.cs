using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;

namespace Penstock.Servers;

/// <summary>
/// An independent consumer: all partitions of the chosen topics from the beginning, without a group and without commits. Topics and partitions that come
/// into being later are found while it reads. Not for several threads.
/// </summary>
public sealed class TopicReader : IDisposable
{
    private static readonly TimeSpan DiscoveryInterval = TimeSpan.FromMilliseconds(250);

    private readonly IConsumer<byte[]?, byte[]?> _consumer;
    private readonly IAdminClient _admin;
    private readonly Func<string, bool> _chosen;
    private readonly HashSet<TopicPartition> _assigned = [];
    private readonly Stopwatch _sinceDiscovery = new();

    /// <param name="clientSettings">librdkafka's settings of the connection, bootstrap.servers at least.</param>
    /// <param name="chosen">Which topics to read.</param>
    public TopicReader(IReadOnlyDictionary<string, string> clientSettings, Func<string, bool> chosen)
    {
        SystemLibrdkafka.Use();
        _chosen = chosen;
        Dictionary<string, string> settings = clientSettings.ToDictionary();
        _admin = new AdminClientBuilder(settings).SetLogHandler(Quiet).Build();
        Dictionary<string, string> consumer = new(settings)
        {
            // librdkafka wants a name even where no group is joined; with a prefix because some clusters refuse others.
            ["group.id"] = "unused",
            ["enable.auto.commit"] = "false",
            ["auto.offset.reset"] = "earliest",
            ["fetch.wait.max.ms"] = "10",
            ["fetch.error.backoff.ms"] = "50",
            ["allow.auto.create.topics"] = "false",
            ["isolation.level"] = "read_committed",
        };
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(consumer)
            .SetKeyDeserializer(Bytes.Instance)
            .SetValueDeserializer(Bytes.Instance)
            .SetLogHandler(Quiet)
            .Build();
    }

    /// <summary>Reads the named topics of brokers without TLS.</summary>
    public static TopicReader Of(string bootstrap, params IEnumerable<string> topics)
    {
        HashSet<string> names = [.. topics];
        return new TopicReader(new Dictionary<string, string> { ["bootstrap.servers"] = bootstrap }, names.Contains);
    }

    /// <summary>The next record, or null if none came in the time.</summary>
    public TopicRecord? Next(TimeSpan wait)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan left = wait;
        do
        {
            Discover();
            TimeSpan slice = left < DiscoveryInterval ? left : DiscoveryInterval;
            if (_assigned.Count == 0)
            {
                Thread.Sleep(slice);
            }
            else if (Consume(slice) is { } record)
            {
                return record;
            }
            left = wait - Stopwatch.GetElapsedTime(start);
        }
        while (left > TimeSpan.Zero);
        return null;
    }

    /// <summary>
    /// Reads until there are <paramref name="count"/> records, or none came for <paramref name="quiet"/>. The quiet time starts anew with each record.
    /// </summary>
    public IReadOnlyList<TopicRecord> Read(int count, TimeSpan quiet)
    {
        List<TopicRecord> records = [];
        while (records.Count < count && Next(quiet) is { } record)
        {
            records.Add(record);
        }
        return records;
    }

    /// <summary>Everything up to the ends the partitions have now; <see cref="ServerException"/> if that takes longer than the limit.</summary>
    public IReadOnlyList<TopicRecord> ReadToEnd(TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        Discover(now: true);
        Dictionary<TopicPartition, long> ends = _assigned.ToDictionary(p => p, p => _consumer.QueryWatermarkOffsets(p, limit).High.Value);
        List<TopicRecord> records = [];
        // Position is the offset after the last record handed out; Unset before the first.
        while (ends.Any(end => end.Value > 0 && _consumer.Position(end.Key).Value < end.Value))
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
            {
                throw new ServerException(string.Create(CultureInfo.InvariantCulture, $"the topics' ends were not reached in {limit.TotalSeconds:0} s; {records.Count} records came"));
            }
            if (Consume(TimeSpan.FromMilliseconds(100)) is { } record)
            {
                records.Add(record);
            }
        }
        return records;
    }

    public void Dispose()
    {
        _consumer.Close();
        _consumer.Dispose();
        _admin.Dispose();
    }

    private TopicRecord? Consume(TimeSpan wait)
    {
        ConsumeResult<byte[]?, byte[]?>? result;
        try
        {
            result = _consumer.Consume(wait);
        }
        catch (ConsumeException failed) when (!failed.Error.IsFatal && failed.Error.Code is ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownPartition or ErrorCode.LeaderNotAvailable)
        {
            // A topic that was just created: the next metadata answer knows it.
            return null;
        }
        return result is null || result.IsPartitionEOF
            ? null
            : new TopicRecord(
                result.Topic, result.Partition.Value, result.Offset.Value, result.Message.Key, result.Message.Value,
                [.. (result.Message.Headers ?? []).Select(h => KeyValuePair.Create(h.Key, h.GetValueBytes()))],
                DateTimeOffset.FromUnixTimeMilliseconds(result.Message.Timestamp.UnixTimestampMs));
    }

    private void Discover(bool now = false)
    {
        if (!now && _sinceDiscovery.IsRunning && _sinceDiscovery.Elapsed < DiscoveryInterval)
        {
            return;
        }
        _sinceDiscovery.Restart();
        Metadata metadata;
        try
        {
            metadata = _admin.GetMetadata(TimeSpan.FromSeconds(5));
        }
        catch (KafkaException unreachable) when (!now && !unreachable.Error.IsFatal)
        {
            // Tests stop brokers: the consumer goes on with what it knows, and the next look finds the rest.
            return;
        }
        List<TopicPartitionOffset> found = [];
        foreach (TopicMetadata topic in metadata.Topics.Where(t => !t.Error.IsError && _chosen(t.Topic)))
        {
            found.AddRange(topic.Partitions.Select(p => new TopicPartition(topic.Topic, p.PartitionId)).Where(_assigned.Add).Select(p => new TopicPartitionOffset(p, Offset.Beginning)));
        }
        if (found.Count > 0)
        {
            _consumer.IncrementalAssign(found);
        }
    }

    // A broker that a test takes down is not news for this side.
    private static void Quiet<T>(T client, LogMessage message)
    {
    }

    private sealed class Bytes : IDeserializer<byte[]?>
    {
        public static readonly Bytes Instance = new();

        public byte[]? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => isNull ? null : data.ToArray();
    }
}
