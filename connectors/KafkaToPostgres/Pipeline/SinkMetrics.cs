using Penstock.Engine.Operations;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>What the way back tells of itself.</summary>
internal static class SinkMetrics
{
    /// <summary>Of the process.</summary>
    public static IDisposable OfProcess(HealthState health, SinkTotals totals) => health.Metrics.Add(text =>
    {
        text.Counter("penstock_rows_applied_total", "Rows inserted, updated or deleted in the target.", totals.Rows);
        text.Counter("penstock_transactions_applied_total", "Transactions of the target that were committed, each with one batch or several.", totals.Transactions);
        text.Counter("penstock_apply_seconds_total", "Time that they took.", totals.ApplySeconds);
        text.Gauge("penstock_apply_last_seconds", "Time that the last one took.", totals.LastApplySeconds);
        text.Counter("penstock_dead_letters_total", "Records that were put aside because they cannot be applied.", totals.DeadLetters);
        text.Counters("penstock_topic_records_total", "Records that were read.", "topic", totals.Topics().Select(topic => (topic.Topic, (double)topic.Records)));
    });

    /// <summary>Of a run.</summary>
    public static IDisposable OfRun(HealthState health, Func<IReadOnlyList<TopicLag>> lags, Func<int> slabsInUse) => health.Metrics.Add(text =>
    {
        var topics = lags();
        text.Gauges("penstock_topic_partitions", "Partitions that this process has.", "topic", topics.Select(topic => (topic.Topic, (double)topic.Partitions)));
        text.Gauges("penstock_topic_lag_records", "Records in them that are not applied, as of the last fetch.", "topic", topics.Where(topic => topic.Records is not null).Select(topic => (topic.Topic, (double)topic.Records!)));
        text.Gauges("penstock_topic_lag_seconds", "Age, by the source's clock, of the last event that was applied, while others wait; else 0.", "topic", topics.Where(topic => topic.Seconds is not null).Select(topic => (topic.Topic, topic.Seconds!.Value)));
        text.Gauge("penstock_slabs_in_use", "Buffers that hold records or rows on their way.", slabsInUse());
    });
}
