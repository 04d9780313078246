using Confluent.Kafka;
using Penstock.Engine.Configuration;
using Penstock.Kafka.Connection;

namespace Penstock.Kafka.Topics;

/// <summary>The topics that a user may see, with their partitions; creates none.</summary>
public sealed class TopicListing
{
    private const int RequestTimeoutMs = 5_000;
    private const int NamesShown = 5;

    private readonly KafkaConnection _connection;
    private readonly SortedDictionary<string, int[]> _topics = new(StringComparer.Ordinal);

    private TopicListing(KafkaConnection connection) => _connection = connection;

    /// <summary>Asks the cluster, opened, for all of them.</summary>
    /// <exception cref="KafkaUnavailableException">No broker answers.</exception>
    public static TopicListing Read(KafkaConnection connection, ClientLog log)
    {
        var client = new AdminClientBuilder(connection.NewClientConfig()).SetLogHandler((_, message) => log.Log(message)).SetErrorHandler((_, error) => log.Error(error)).Build();
        try
        {
            var listing = new TopicListing(connection);
            foreach (var topic in client.GetMetadata(TimeSpan.FromMilliseconds(RequestTimeoutMs)).Topics.Where(topic => !topic.Error.IsError))
            {
                listing._topics[topic.Topic] = [.. topic.Partitions.Select(partition => partition.PartitionId).Order()];
            }

            return listing;
        }
        catch (KafkaException e)
        {
            throw new KafkaUnavailableException($"no answer from Kafka at {connection.BootstrapServers} (KAFKA_URL): {(log.LastBrokerError.Length > 0 ? log.LastBrokerError : e.Error.Reason)}");
        }
        finally
        {
            _ = ClientEnd.InTime(client);
        }
    }

    /// <summary>The topic's name in the cluster, and its partitions.</summary>
    /// <exception cref="TopicException">There is none; the message names those that are like it.</exception>
    public (string Topic, IReadOnlyList<int> Partitions) Find(string name)
    {
        string topic = _connection.Topic(name);
        return _topics.TryGetValue(topic, out int[]? partitions) && partitions.Length > 0
            ? (topic, partitions)
            : throw new TopicException(TopicProblem.Missing, topic, $"there is no topic '{topic}', or the user of KAFKA_URL may not see it. {Nearby(topic)}");
    }

    private string Nearby(string topic)
    {
        string[] known = [.. _topics.Keys.Where(static name => name != "__consumer_offsets")];
        if (known.Length == 0)
        {
            return "It sees none at all.";
        }

        string bare = Bare(topic);
        string last = bare[(bare.LastIndexOf('.') + 1)..];
        string[] near = [.. known
            .OrderBy(name => NearestName.IsClose(bare, Bare(name)) ? 0 : Bare(name).Contains(last, StringComparison.OrdinalIgnoreCase) ? 1 : 2)
            .ThenBy(name => NearestName.Edits(bare, Bare(name)))
            .Take(NamesShown)];
        return $"{(known.Length > near.Length ? $"The nearest of {known.Length} that are there" : "There are")}: {string.Join(", ", near)}.";
    }

    // The prefix is the same for all of the user's own, and would make the others look far away.
    private string Bare(string name) => _connection.Prefix.Length > 0 && name.StartsWith(_connection.Prefix, StringComparison.Ordinal) ? name[_connection.Prefix.Length..] : name;
}
