using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;

namespace Penstock.Servers;

/// <summary>
/// An independent consumer: all partitions of the chosen topics from the beginning, without a group and without commits. Topics and partitions that come
/// into being later are found while it reads. Brokers that go away are waited for. Not for several threads.
/// </summary>
public sealed class TopicReader : IDisposable
{
    private static readonly TimeSpan DiscoveryInterval = TimeSpan.FromMilliseconds(250);

    private readonly LibrdkafkaConsumer _consumer;
    private readonly IAdminClient _admin;
    private readonly Func<string, bool> _chosen;
    // The offset after the last record, or end, seen of each partition.
    private readonly Dictionary<(string Topic, int Partition), long> _positions = [];
    private readonly Stopwatch _sinceDiscovery = new();

    /// <param name="clientSettings">librdkafka's settings of the connection, bootstrap.servers at least.</param>
    /// <param name="chosen">Which topics to read.</param>
    public TopicReader(IReadOnlyDictionary<string, string> clientSettings, Func<string, bool> chosen)
    {
        SystemLibrdkafka.Use();
        _chosen = chosen;
        _admin = new AdminClientBuilder(clientSettings).SetLogHandler(Quiet).Build();
        Dictionary<string, string> settings = new(clientSettings)
        {
            // librdkafka wants a name even where no group is joined.
            ["group.id"] = "unused",
            ["enable.auto.commit"] = "false",
            ["enable.auto.offset.store"] = "false",
            ["enable.partition.eof"] = "true",
            ["auto.offset.reset"] = "earliest",
            ["isolation.level"] = "read_committed",
            ["fetch.wait.max.ms"] = clientSettings.GetValueOrDefault("fetch.wait.max.ms", "10"),
            ["fetch.error.backoff.ms"] = clientSettings.GetValueOrDefault("fetch.error.backoff.ms", "50"),
            // A broker that a test takes down is not news for this side.
            ["log_level"] = "0",
        };
        _consumer = new LibrdkafkaConsumer(settings);
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
        do
        {
            Discover();
            TimeSpan left = wait - Stopwatch.GetElapsedTime(start);
            TimeSpan slice = left < TimeSpan.Zero ? TimeSpan.Zero : left < DiscoveryInterval ? left : DiscoveryInterval;
            if (_positions.Count == 0)
            {
                Thread.Sleep(slice);
            }
            else if (Consume(slice) is { } record)
            {
                return record;
            }
        }
        while (Stopwatch.GetElapsedTime(start) < wait);
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

    /// <summary>
    /// Everything not yet read, up to the ends the partitions have now; <see cref="ServerException"/> if that takes longer than the limit.
    /// </summary>
    public IReadOnlyList<TopicRecord> ReadToEnd(TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        Discover(now: true);
        List<((string Topic, int Partition) Of, long Offset)> ends = [.. _positions.Keys.Select(p => (p, _consumer.End(p.Topic, p.Partition, limit)))];
        List<TopicRecord> records = [];
        while (ends.Any(end => _positions[end.Of] < end.Offset))
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
            {
                throw new ServerException(string.Create(
                    CultureInfo.InvariantCulture, $"the topics' ends were not reached in {limit.TotalSeconds:0} s; {records.Count} records came"));
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
        _consumer.Dispose();
        _admin.Dispose();
    }

    private TopicRecord? Consume(TimeSpan wait)
    {
        if (_consumer.Poll(wait) is not { } polled)
        {
            return null;
        }
        if (polled.Record is not null)
        {
            _positions[(polled.Topic, polled.Partition)] = polled.Offset + 1;
            return polled.Record;
        }
        if (polled.Error == LibrdkafkaConsumer.PartitionEnd)
        {
            // Also behind the markers of transactions, which are offsets without a record.
            _positions[(polled.Topic, polled.Partition)] = polled.Offset;
            return null;
        }
        // Brokers that are away, and topics just created, come (back) by themselves; no right to read does not.
        return (ErrorCode)polled.Error is ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed or ErrorCode.Local_Fatal or ErrorCode.Local_BadMsg
            ? throw new ServerException($"reading {polled.Topic}: {LibrdkafkaConsumer.Describe(polled.Error)}")
            : null;
    }

    private void Discover(bool now = false)
    {
        if (!now && _sinceDiscovery.IsRunning && _sinceDiscovery.Elapsed < DiscoveryInterval)
        {
            return;
        }
        Metadata metadata;
        try
        {
            metadata = _admin.GetMetadata(TimeSpan.FromSeconds(5));
        }
        catch (KafkaException unreachable) when (!now && !unreachable.Error.IsFatal)
        {
            // Tests stop brokers: the consumer goes on with what it knows, and the next look finds the rest.
            _sinceDiscovery.Restart();
            return;
        }
        _sinceDiscovery.Restart();
        List<(string Topic, int Partition)> found = [];
        foreach (TopicMetadata topic in metadata.Topics.Where(t => !t.Error.IsError && _chosen(t.Topic)))
        {
            found.AddRange(topic.Partitions.Select(p => (topic.Topic, p.PartitionId)).Where(p => _positions.TryAdd(p, 0)));
        }
        if (found.Count > 0)
        {
            _consumer.Assign(found);
        }
    }

    private static void Quiet(IAdminClient client, LogMessage message)
    {
    }
}
