using Penstock.Debezium.Reading;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Consuming;

namespace Penstock.PostgresToKafka.Verify;

/// <summary>A topic read to the ends that it has when reading begins, and on from there; compacted or not.</summary>
internal sealed class TopicFold : IDisposable
{
    private const long QueueBytes = 16 << 20;
    private const int WaitMs = 200;

    private readonly TopicScan _scan;
    private readonly IReadOnlyList<int> _partitions;
    private readonly Dictionary<int, long> _next = [];

    public TopicFold(KafkaConnection kafka, string topic, IReadOnlyList<int> partitions, ClientLog log)
    {
        _partitions = partitions;
        _scan = new TopicScan(kafka, topic, QueueBytes, log);
    }

    /// <summary>Offsets of the topic, which are not fewer than its records.</summary>
    public long Records => _partitions.Select(_scan.Bounds).Sum(bounds => bounds.End - bounds.First);

    /// <summary>Reads from where it stands, at first from the beginning, to the ends of now.</summary>
    /// <param name="take">Gets the key, and the new row; an empty one for a key that has none any more.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="MalformedEventException">A record is no event of a table, or the topic cannot be folded by its keys.</exception>
    public void ReadToEnd(TakeEvent take, CancellationToken stop)
    {
        var open = new Dictionary<int, long>();
        foreach (int partition in _partitions)
        {
            var (first, end) = _scan.Bounds(partition);
            long from = _next.GetValueOrDefault(partition, first);
            if (from < end)
            {
                open[partition] = end;
                // Behind an end that was reached before it would go on by itself; a partition that is taken up again begins where it was left.
                _scan.Start(partition, from);
            }
        }

        void Take(in ScannedRecord record)
        {
            if (!open.TryGetValue(record.Partition, out long end) || record.Offset >= end)
            {
                return;
            }

            _next[record.Partition] = record.Offset + 1;
            Give(record, take);
            if (record.Offset + 1 >= end)
            {
                Close(record.Partition);
            }
        }

        void Close(int partition)
        {
            open.Remove(partition);
            _scan.Stop(partition);
        }

        TakeRecord taking = Take;
        while (open.Count > 0)
        {
            stop.ThrowIfCancellationRequested();
            if (_scan.Next(WaitMs, taking, out int ended) == ScanStep.PartitionEnd)
            {
                Close(ended);
            }
        }
    }

    public void Dispose() => _scan.Dispose();

    private static void Give(in ScannedRecord record, TakeEvent take)
    {
        if (!record.HasKey)
        {
            throw new MalformedEventException("records without keys are in the topic, a truncate or those of a table without one: it cannot be folded by key");
        }

        var key = RowImage.Payload(record.Key);
        if (!record.HasValue)
        {
            take(key, default);
            return;
        }

        bool isRow = RowImage.TryAfter(record.Value, out var after, out byte operation);
        if (!isRow && operation != (byte)'d')
        {
            throw new MalformedEventException($"the record at [{record.Partition}]@{record.Offset} is no event of a row");
        }

        take(key, after);
    }
}
