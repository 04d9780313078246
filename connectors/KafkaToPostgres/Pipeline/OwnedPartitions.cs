using System.Collections.Concurrent;
using Penstock.Kafka.Consuming;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>The partitions that a run has, how far each is, and what the group is to be told of that. The consumer's thread takes and gives back, the applier commits, anybody asks for figures.</summary>
internal sealed class OwnedPartitions(SinkTotals totals)
{
    private readonly Dictionary<PartitionPosition, PartitionLease> _leases = [];
    private readonly ConcurrentDictionary<PartitionPosition, long> _advice = new();

    /// <summary>Held while partitions come and go.</summary>
    public Lock Gate { get; } = new();

    /// <summary>A partition was taken. Under <see cref="Gate"/>.</summary>
    public void Add(PartitionPosition position, PartitionLease lease) => _leases[position] = lease;

    /// <summary>It was given back. Under <see cref="Gate"/>.</summary>
    public void Remove(PartitionPosition position)
    {
        _leases.Remove(position);
        _advice.TryRemove(position, out _);
    }

    /// <summary>Something of a partition was committed.</summary>
    public void Committed(in PartitionEnd end)
    {
        _advice[end.Partition] = end.NextOffset;
        end.Partition.DoneOffset = end.NextOffset;
        end.Partition.DoneTimeMs = end.Applied.TimeMs;
    }

    /// <summary>How far partitions are that were committed since the last call, for the group.</summary>
    public List<(PartitionLease Lease, long NextOffset)> TakeAdvice()
    {
        var news = new List<(PartitionLease, long)>();
        lock (Gate)
        {
            foreach (var (position, next) in _advice)
            {
                if (_leases.TryGetValue(position, out var lease))
                {
                    news.Add((lease, next));
                }

                _advice.TryRemove(KeyValuePair.Create(position, next));
            }
        }

        return news;
    }

    /// <summary>Records that wait, and the largest age, over all partitions; null where nothing is known of any. Allocates nothing.</summary>
    /// <param name="consumer">Not closed yet.</param>
    public (long? Records, double? Seconds) Lag(NativeConsumer consumer)
    {
        long nowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        (long? Records, double? Seconds) sum = default;
        lock (Gate)
        {
            foreach (var (position, _) in _leases)
            {
                var (records, seconds) = TopicLag.Of(position, consumer, nowMs);
                sum.Records = records is null ? sum.Records : (sum.Records ?? 0) + records;
                sum.Seconds = seconds is { } age ? Math.Max(sum.Seconds ?? 0, age) : sum.Seconds;
            }
        }

        return sum;
    }

    /// <summary>The same by topic.</summary>
    /// <param name="consumer">Not closed yet.</param>
    public IReadOnlyList<TopicLag> Lags(NativeConsumer consumer)
    {
        PartitionPosition[] positions;
        lock (Gate)
        {
            positions = [.. _leases.Keys];
        }

        return TopicLag.Of(positions, consumer, totals, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }
}
