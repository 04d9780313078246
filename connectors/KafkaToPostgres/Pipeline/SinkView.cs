using Penstock.Engine.Watching;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>A run of the way back on the status page.</summary>
/// <param name="lag">Records that wait, and the age of the oldest topic's last applied event; must not allocate.</param>
/// <param name="topics">The same by topic.</param>
/// <param name="totals">Records that were read.</param>
internal sealed class SinkView(Func<(long? Records, double? Seconds)> lag, Func<IReadOnlyList<TopicLag>> topics, SinkTotals totals) : IRunView
{
    public double? LagSeconds => lag().Seconds;

    public long? LagAmount => lag().Records;

    public string LagUnit => "records";

    public IReadOnlyList<Rung> Ladder => [];

    public IReadOnlyList<SnapshotTableView> Snapshot => [];

    public IReadOnlyList<TopicView> Topics
    {
        get
        {
            var lags = topics().ToDictionary(topic => topic.Topic);
            return [.. totals.Topics().Select(topic => new TopicView(
                topic.Topic, topic.Records, lags.GetValueOrDefault(topic.Topic).Partitions, lags.GetValueOrDefault(topic.Topic).Records, lags.GetValueOrDefault(topic.Topic).Seconds))];
        }
    }
}
