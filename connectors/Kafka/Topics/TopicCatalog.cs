using Confluent.Kafka;
using Penstock.Engine.Flow;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Partitioning;

namespace Penstock.Kafka.Topics;

/// <summary>
/// What the cluster says about topics, by Metadata requests alone (no creation, no configuration calls: the pipeline may have no right to them).
/// </summary>
/// <remarks>
/// A metadata request of a producer lets brokers with <c>auto.create.topics.enable</c> create the topic (<c>kafka.allow.auto.create.topics=false</c> prevents it). The number of partitions is fixed at
/// first use; <see cref="FindChanges"/> tells of topics whose number has changed since. Thread-safe.
/// </remarks>
public sealed class TopicCatalog : IPartitionCounts, IDisposable
{
    // Longer would hold up the end of the program: a request cannot be called off.
    private const int RequestTimeoutMs = 3_000;

    private readonly KafkaConnection _connection;
    private readonly TopicTable _topics;
    private readonly TopicPolicy _policy;
    private readonly ClientLog _log;
    private readonly FixedPartitions _fixed;
    private IAdminClient? _client;
    private readonly ManualResetEventSlim _stopped = new();
    private readonly Lock _lock = new();
    private readonly Lock _clientLock = new();
    private volatile int[] _counts = [];
    private bool _disposed;

    /// <param name="connection">The cluster.</param>
    /// <param name="topics">Names of the topics.</param>
    /// <param name="policy">How missing ones are treated.</param>
    /// <param name="log">For what librdkafka says.</param>
    /// <param name="earlier">What earlier catalogues over the same table have fixed; null if there were none.</param>
    public TopicCatalog(KafkaConnection connection, TopicTable topics, TopicPolicy policy, ClientLog log, FixedPartitions? earlier = null)
    {
        _fixed = earlier ?? new FixedPartitions();
        _connection = connection;
        _topics = topics;
        _policy = policy;
        _log = log;
    }

    /// <summary>Told (topic in the cluster) once when the catalogue begins to wait for a topic.</summary>
    public Action<string>? Waiting { get; set; }

    /// <inheritdoc/>
    /// <exception cref="TopicException">The topic cannot be used.</exception>
    /// <exception cref="KafkaUnavailableException">No broker answered.</exception>
    /// <exception cref="GraphStoppedException"><see cref="Stop"/> was called during the wait.</exception>
    public int Count(int topic)
    {
        int[] counts = _counts;
        if (topic < counts.Length && counts[topic] > 0)
        {
            return counts[topic];
        }

        // In the middle of the stream silent brokers are waited for, as long as for a record: the wait is back-pressure, and a new start would not find them either.
        return Fix(topic, Find(_topics.Name(topic), Math.Max(_policy.ConnectTimeoutMs, _connection.DeliveryTimeoutMs)));
    }

    /// <summary>Asks for topics (names without prefix) before the start and fixes their numbers of partitions; each that cannot be used gives a readable problem.</summary>
    /// <exception cref="KafkaUnavailableException">No broker answered.</exception>
    public IReadOnlyList<TopicException> Check(IEnumerable<string> names)
    {
        var problems = new List<TopicException>();
        foreach (string name in names)
        {
            try
            {
                int count = Find(name, _policy.ConnectTimeoutMs);
                Fix(_topics.Add(name), count);
            }
            catch (TopicException problem)
            {
                problems.Add(problem);
            }
        }

        Rest();
        return problems;
    }

    /// <summary>Numbers of partitions in use, by the topics' names in the cluster.</summary>
    public IReadOnlyDictionary<string, int> InUse()
    {
        int[] counts = _counts;
        return Enumerable.Range(0, counts.Length).Where(topic => counts[topic] > 0).ToDictionary(topic => _connection.Topic(_topics.Name(topic)), topic => counts[topic], StringComparer.Ordinal);
    }

    /// <summary>Compares the numbers in use with the cluster's. Ends early when no broker answers, which is told elsewhere, and after <see cref="Stop"/>.</summary>
    public IReadOnlyList<PartitionChange> FindChanges()
    {
        var changes = new List<PartitionChange>();
        int[] counts = _counts;
        for (int topic = 0; topic < counts.Length; topic++)
        {
            if (counts[topic] == 0)
            {
                continue;
            }

            string name = _connection.Topic(_topics.Name(topic));
            if (_stopped.IsSet || Ask(name) is not { } metadata)
            {
                break;
            }

            if (metadata.Error.Code is ErrorCode.NoError or ErrorCode.UnknownTopicOrPart && metadata.Partitions.Count != counts[topic])
            {
                changes.Add(new PartitionChange(name, counts[topic], metadata.Partitions.Count));
            }
        }

        Rest();
        return changes;
    }

    /// <summary>Ends every present and future wait.</summary>
    public void Stop() => _stopped.Set();

    public void Dispose()
    {
        Stop();
        lock (_clientLock)
        {
            _disposed = true;
            if (_client is { } client)
            {
                _client = null;
                ClientEnd.InTime(client);
            }
        }
    }

    /// <summary>Connections and threads of a client cost more in a quiet minute than a new one once a minute, and some memory. Its end takes a tenth of a second, which nobody waits for.</summary>
    private void Rest()
    {
        lock (_clientLock)
        {
            if (_client is { } client)
            {
                _client = null;
                _ = Task.Run(client.Dispose);
            }
        }
    }

    private IAdminClient Client() => _client ??= new AdminClientBuilder(_connection.NewClientConfig())
        .SetLogHandler((_, message) => _log.Log(message))
        .SetErrorHandler((_, error) => _log.Error(error))
        .Build();

    private int Fix(int topic, int found)
    {
        lock (_lock)
        {
            int count = _fixed.Use(topic, found);
            int[] counts = new int[Math.Max(_counts.Length, Math.Max(topic + 1, _topics.Count))];
            _counts.CopyTo(counts, 0);
            counts[topic] = count;
            _counts = counts;
            return count;
        }
    }

    private int Find(string topic, int silentTimeoutMs)
    {
        string name = _connection.Topic(topic);
        _connection.Embedded?.AddTopic(name);
        var backoff = new Backoff(100, 5_000, Random.Shared.NextDouble);
        long missingSinceMs = 0;
        long silentSinceMs = Environment.TickCount64;
        bool saidWaiting = false;
        while (true)
        {
            var metadata = Ask(name);
            long nowMs = Environment.TickCount64;
            if (metadata is null)
            {
                if (nowMs - silentSinceMs >= silentTimeoutMs)
                {
                    string last = _log.LastBrokerError;
                    throw new KafkaUnavailableException($"no answer from Kafka at {_connection.BootstrapServers} (KAFKA_URL) in {silentTimeoutMs / 1000} s{(last.Length > 0 ? $": {last}" : "; is KAFKA_URL right, and are the brokers up?")}");
                }
            }
            else if (!metadata.Error.IsError && metadata.Partitions.Count > 0)
            {
                return metadata.Partitions.Count;
            }
            else
            {
                silentSinceMs = nowMs;
                missingSinceMs = missingSinceMs == 0 ? nowMs : missingSinceMs;
                var problem = Explain(name, metadata.Error);
                if (problem.Problem != TopicProblem.Missing || (!_policy.WaitForMissing && nowMs - missingSinceMs >= _policy.GraceMs))
                {
                    throw problem;
                }

                if (!saidWaiting && nowMs - missingSinceMs >= _policy.GraceMs)
                {
                    saidWaiting = true;
                    Waiting?.Invoke(name);
                }
            }

            if (_stopped.Wait(backoff.Next()))
            {
                throw new GraphStoppedException();
            }
        }
    }

    /// <summary>Null when no broker answered.</summary>
    private TopicMetadata? Ask(string name)
    {
        try
        {
            lock (_clientLock)
            {
                return _disposed ? throw new GraphStoppedException() : Client().GetMetadata(name, TimeSpan.FromMilliseconds(RequestTimeoutMs)).Topics.FirstOrDefault();
            }
        }
        catch (KafkaException e)
        {
            // That nobody answered in time says less than what the connection's own error said before.
            if (e.Error.Code is not (ErrorCode.Local_TimedOut or ErrorCode.Local_Transport))
            {
                _log.Error(e.Error);
            }

            return null;
        }
    }

    private TopicException Explain(string name, Error error) => error.Code switch
    {
        ErrorCode.NoError or ErrorCode.UnknownTopicOrPart or ErrorCode.LeaderNotAvailable => new TopicException(
            TopicProblem.Missing,
            name,
            $"topic '{name}' does not exist in Kafka and the brokers do not create it; type: {CreateCommand(name)}"),
        ErrorCode.TopicAuthorizationFailed => new TopicException(
            TopicProblem.NotAllowed,
            name,
            $"the user of the pipeline may not use topic '{name}': it needs the rights to describe and write it{(_connection.IsHeroku ? $"; if it does not exist, type: {CreateCommand(name)}" : "")}{(_connection.Prefix.Length == 0 && _connection.IsHeroku ? " (on a basic plan KAFKA_PREFIX must be set)" : "")}"),
        _ => new TopicException(TopicProblem.Refused, name, $"topic '{name}' cannot be used: {error.Reason} ({error.Code})"),
    };

    private string CreateCommand(string name)
    {
        if (_connection.IsHeroku)
        {
            // Heroku's command line puts the prefix before the name itself.
            string bare = _connection.Prefix.Length > 0 && name.StartsWith(_connection.Prefix, StringComparison.Ordinal) ? name[_connection.Prefix.Length..] : name;
            return $"heroku kafka:topics:create {bare} --partitions {_policy.AdvisedPartitions}";
        }

        return $"kafka-topics.sh --bootstrap-server {_connection.BootstrapServers} --create --topic {name} --partitions {_policy.AdvisedPartitions}";
    }
}
