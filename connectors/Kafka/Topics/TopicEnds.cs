using System.Text.RegularExpressions;
using Confluent.Kafka;
using Penstock.Kafka.Connection;

namespace Penstock.Kafka.Topics;

/// <summary>The offsets that a partition has.</summary>
/// <param name="Topic">The topic's name in the cluster.</param>
/// <param name="Partition">Its number.</param>
/// <param name="First">The first one that retention has left.</param>
/// <param name="End">One behind the last.</param>
public sealed record PartitionEnds(string Topic, int Partition, long First, long End);

/// <summary>Asks brokers where topics begin and end, without joining a group.</summary>
public static class TopicEnds
{
    private const int RequestTimeoutMs = 5_000;
    private const int HearErrorsMs = 100;

    /// <summary>Reads the ends of all partitions of topics. A topic that does not exist is not in the answer.</summary>
    /// <param name="connection">The cluster; opened.</param>
    /// <param name="topics">Names in the cluster, or regular expressions that begin with ^.</param>
    /// <param name="log">For what librdkafka says.</param>
    /// <param name="stop">Ends it between two requests.</param>
    /// <exception cref="KafkaUnavailableException">No broker answers, or one refuses.</exception>
    public static IReadOnlyList<PartitionEnds> Read(KafkaConnection connection, IReadOnlyCollection<string> topics, ClientLog log, CancellationToken stop)
    {
        // The name is one that librdkafka wants; nothing is subscribed, so no group is joined.
        var config = new ConsumerConfig(connection.NewClientConfig()) { GroupId = connection.Group("penstock-status"), EnableAutoCommit = false, AllowAutoCreateTopics = false };
        var client = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, message) => log.Log(message)).SetErrorHandler((_, error) => log.Error(error)).Build();
        var patterns = topics.Where(topic => topic.StartsWith('^')).Select(topic => new Regex(topic, RegexOptions.None, TimeSpan.FromSeconds(1))).ToList();
        try
        {
            using var admin = new DependentAdminClientBuilder(client.Handle).Build();
            var ends = new List<PartitionEnds>();
            var timeout = TimeSpan.FromMilliseconds(RequestTimeoutMs);
            foreach (var topic in admin.GetMetadata(timeout).Topics.OrderBy(topic => topic.Topic, StringComparer.Ordinal))
            {
                if (topic.Error.IsError || !(topics.Contains(topic.Topic) || patterns.Any(pattern => pattern.IsMatch(topic.Topic))))
                {
                    continue;
                }

                foreach (var partition in topic.Partitions.OrderBy(partition => partition.PartitionId))
                {
                    stop.ThrowIfCancellationRequested();
                    var offsets = client.QueryWatermarkOffsets(new TopicPartition(topic.Topic, partition.PartitionId), timeout);
                    ends.Add(new PartitionEnds(topic.Topic, partition.PartitionId, offsets.Low.Value, offsets.High.Value));
                }
            }

            return ends;
        }
        catch (KafkaException e)
        {
            // What went wrong with the brokers is told when the client is polled. Nothing is subscribed, so no record comes.
            _ = client.Consume(TimeSpan.FromMilliseconds(HearErrorsMs));
            string last = log.LastBrokerError.Length > 0 ? log.LastBrokerError : e.Error.Reason;
            throw new KafkaUnavailableException($"no answer from Kafka at {connection.BootstrapServers} (KAFKA_URL): {last}");
        }
        finally
        {
            _ = ClientEnd.InTime(client);
        }
    }
}
