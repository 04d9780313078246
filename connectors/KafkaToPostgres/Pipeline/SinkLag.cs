using Penstock.Kafka.Consuming;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>How far one topic is behind its end, over the partitions that this process has.</summary>
/// <param name="Topic">Its name, or that of all that are not told apart.</param>
/// <param name="Partitions">Of them.</param>
/// <param name="Records">That are there and not applied, as of the last fetch; null where no broker has told the end yet.</param>
/// <param name="Seconds">The age, by the source's clock, of the last event that was applied; 0 without lag, null where events do not tell it.</param>
internal readonly record struct TopicLag(string Topic, int Partitions, long? Records, double? Seconds)
{
    /// <summary>Of each topic; what belongs to one name is added up.</summary>
    /// <param name="positions">The partitions of this process.</param>
    /// <param name="consumer">Knows their ends; not closed yet.</param>
    /// <param name="totals">Knows names.</param>
    /// <param name="nowMs">Milliseconds since 1970.</param>
    public static IReadOnlyList<TopicLag> Of(IEnumerable<PartitionPosition> positions, NativeConsumer consumer, SinkTotals totals, long nowMs) =>
    [
        .. from position in positions
           let lag = Of(position, consumer, nowMs)
           group lag by totals.NameOf(position.Topic) into same
           select new TopicLag(same.Key, same.Count(), same.Any(lag => lag.Records is not null) ? same.Sum(lag => lag.Records ?? 0) : null, same.Max(lag => lag.Seconds)),
    ];

    /// <summary>Of one partition. Allocates nothing.</summary>
    public static (long? Records, double? Seconds) Of(PartitionPosition position, NativeConsumer consumer, long nowMs)
    {
        // Of a partition of which nothing was applied yet the lag is known once its first record is.
        long? records = position.DoneOffset < 0 || consumer.CachedEnd(position.Topic, position.Partition) is not { } end ? null : Math.Max(0, end - position.DoneOffset);
        long sourceMs = position.DoneTimeMs;
        return (records, records == 0 ? 0 : sourceMs <= 0 || records is null ? null : Math.Max(0, nowMs - sourceMs) / 1000.0);
    }
}
