using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Npgsql;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>
/// The servers that are measured: throwaway ones, or those of the given URLs. On given servers only the schema <c>penstock_bench</c>, the database <c>penstock_bench_target</c>, the publication and slots named <c>penstock_bench...</c>
/// and topics beginning with <c>bench.penstock_bench.</c> are made, and removed at the end.
/// </summary>
internal sealed class BenchScene : IAsyncDisposable
{
    /// <summary>Slot, publication and schema.</summary>
    public const string Name = "penstock_bench";

    private const string TopicPrefix = "bench";
    private const string Target = Name + "_target";
    private readonly PostgresServer? _postgres;
    private readonly KafkaCluster? _kafka;
    private readonly List<string> _slots = [];
    private readonly List<string> _topics = [];
    private bool _hasTarget;

    private BenchScene(PostgresServer? postgres, KafkaCluster? kafka, string databaseUrl, string bootstrap)
    {
        (_postgres, _kafka, DatabaseUrl, Bootstrap) = (postgres, kafka, databaseUrl, bootstrap);
        var uri = new Uri(databaseUrl);
        string[] user = uri.UserInfo.Split(':', 2);
        ConnectionString = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Port = uri.Port > 0 ? uri.Port : 5432,
            Username = Uri.UnescapeDataString(user[0]),
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            Database = uri.AbsolutePath.Trim('/'),
            CommandTimeout = 0,
        }.ConnectionString;
    }

    /// <summary>Without TLS at a throwaway server: the ceiling is drained without.</summary>
    public string DatabaseUrl { get; }

    /// <summary>The same server over TLS.</summary>
    public string TlsDatabaseUrl => new UriBuilder(DatabaseUrl) { Query = "sslmode=require" }.ToString();

    public string ConnectionString { get; }

    public string Bootstrap { get; }

    /// <summary>The database that kafka-to-postgres writes into.</summary>
    public string TargetConnection => new NpgsqlConnectionStringBuilder(ConnectionString) { Database = Target, Pooling = false }.ConnectionString;

    /// <summary>Servers' versions, for the report.</summary>
    public string Versions { get; private set; } = "";

    /// <summary>A table's topic under the pipeline's prefix, or another's.</summary>
    public static string Topic(string table, string prefix = TopicPrefix) => $"{prefix}.{Name}.{table}";

    /// <param name="databaseUrl">A server to measure; null for a throwaway one.</param>
    /// <param name="kafkaUrl">host:port of brokers without TLS; null for a throwaway one.</param>
    /// <param name="durable">Commits are flushed: latency is of flushed commits, a backlog is written quicker without.</param>
    public static async Task<BenchScene> CreateAsync(string? databaseUrl, string? kafkaUrl, bool durable)
    {
        if (kafkaUrl is null && !KafkaCluster.IsAvailable)
        {
            throw new ServerException($"a real broker is needed: {KafkaCluster.UnavailableReason}; or give one with --kafka-url HOST:PORT");
        }

        SystemLibrdkafka.Use();
        var postgres = databaseUrl is null ? await PostgresServer.CreateAsync(Options(durable)).ConfigureAwait(false) : null;
        var kafka = kafkaUrl is null ? await KafkaCluster.CreateAsync(new KafkaClusterOptions { AutoCreateTopics = false }).ConfigureAwait(false) : null;
        var scene = new BenchScene(postgres, kafka, databaseUrl ?? postgres!.Url() + "?sslmode=disable", kafkaUrl ?? kafka!.Bootstrap);
        await scene.ExecuteAsync($"CREATE SCHEMA {Name}").ConfigureAwait(false);
        scene.Versions = $"postgres {await scene.ScalarAsync<string>("SHOW server_version").ConfigureAwait(false)}{(kafkaUrl is null ? $", Kafka {KafkaHome.Version()}" : "")}, {Environment.ProcessorCount} cores, "
            + System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription;
        return scene;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync().ConfigureAwait(false) is T value ? value : default;
    }

    public async Task PublishAsync() => await ExecuteAsync($"CREATE PUBLICATION {Name} FOR TABLE {string.Join(", ", await TablesAsync().ConfigureAwait(false))}").ConfigureAwait(false);

    public async Task CreateSlotAsync(string slot)
    {
        _slots.Add(slot);
        await ExecuteAsync($"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')").ConfigureAwait(false);
    }

    public async Task CreateTopicsAsync(IEnumerable<string> tables, int partitions, string prefix = TopicPrefix)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Bootstrap }).Build();
        string[] topics = [.. tables.Select(table => Topic(table, prefix))];
        _topics.AddRange(topics);
        await admin.CreateTopicsAsync(topics.Select(topic => new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1 })).ConfigureAwait(false);
        for (int attempt = 0; attempt < 200; attempt++)
        {
            var seen = admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Where(topic => topics.Contains(topic.Topic)).ToList();
            if (seen.Count == topics.Length && seen.TrueForAll(topic => topic.Partitions.Count == partitions && topic.Partitions.TrueForAll(partition => partition.Leader >= 0)))
            {
                return;
            }

            await Task.Delay(100).ConfigureAwait(false);
        }

        throw new ServerException("topics were created but have no leaders after 20 s");
    }

    /// <summary>The pipeline's settings; <paramref name="set"/> has NAME=VALUE pairs that win.</summary>
    public Dictionary<string, string> Settings(IEnumerable<string> set)
    {
        var environment = new Dictionary<string, string>
        {
            ["DATABASE_URL"] = DatabaseUrl,
            ["KAFKA_URL"] = Bootstrap,
            ["PENSTOCK_NAME"] = Name,
            ["PENSTOCK_TOPIC_PREFIX"] = TopicPrefix,
            ["PENSTOCK_SCHEMA_INCLUDE_LIST"] = Name,
            ["PENSTOCK_PUBLICATION_AUTOCREATE_MODE"] = "disabled",
            ["PENSTOCK_SNAPSHOT_MODE"] = "no_data",
            ["PENSTOCK_STATE"] = "none",
        };
        return With(environment, set);
    }

    /// <summary>The settings of kafka-to-postgres, from the orders' topic into the target.</summary>
    public Dictionary<string, string> SinkSettings(IEnumerable<string> set) => With(
        new Dictionary<string, string>
        {
            ["DATABASE_URL"] = new UriBuilder(DatabaseUrl) { Path = Target }.Uri.ToString(),
            ["KAFKA_URL"] = Bootstrap,
            ["PENSTOCK_GROUP"] = Target,
            ["PENSTOCK_TOPICS"] = Topic("orders"),
        },
        set);

    /// <summary>Makes the target, with the tables that are there now.</summary>
    public async Task CreateTargetAsync()
    {
        _hasTarget = true;
        await ExecuteAsync($"CREATE DATABASE {Target} TEMPLATE {new NpgsqlConnectionStringBuilder(ConnectionString).Database}").ConfigureAwait(false);
    }

    /// <summary>Waits until the slot has confirmed a position: otherwise a figure would be of records that were not acknowledged.</summary>
    public async Task WaitConfirmedAsync(string slot, string end, CancellationToken cancellation)
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); DateTime.UtcNow < until; await Task.Delay(100, cancellation).ConfigureAwait(false))
        {
            if (await ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= '{end}' FROM pg_replication_slots WHERE slot_name = '{slot}'").ConfigureAwait(false))
            {
                return;
            }
        }

        throw new ServerException("the slot did not confirm the backlog within 60 s of the last record");
    }

    public async Task<string> EndOfLogAsync() => await ScalarAsync<string>("SELECT pg_current_wal_lsn()::text").ConfigureAwait(false) ?? throw new ServerException("no LSN");

    public async ValueTask DisposeAsync()
    {
        if (_postgres is null)
        {
            if (_hasTarget)
            {
                await ExecuteAsync($"DROP DATABASE IF EXISTS {Target} WITH (FORCE)").ConfigureAwait(false);
            }

            foreach (string slot in _slots)
            {
                await ExecuteAsync($"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{slot}' AND NOT active").ConfigureAwait(false);
            }

            await ExecuteAsync($"DROP PUBLICATION IF EXISTS {Name}; DROP SCHEMA IF EXISTS {Name} CASCADE").ConfigureAwait(false);
        }
        else
        {
            await _postgres.DisposeAsync().ConfigureAwait(false);
        }

        if (_kafka is null && _topics.Count > 0)
        {
            using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Bootstrap }).Build();
            await admin.DeleteTopicsAsync(_topics).ConfigureAwait(false);
        }
        else if (_kafka is not null)
        {
            await _kafka.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<List<string>> TablesAsync()
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand($"SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname = '{Name}'", connection);
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        var tables = new List<string>();
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            tables.Add(reader.GetString(0));
        }

        return tables;
    }

    private static Dictionary<string, string> With(Dictionary<string, string> environment, IEnumerable<string> set)
    {
        foreach (string pair in set)
        {
            string[] parts = pair.Split('=', 2);
            environment[parts[0]] = parts.Length == 2 ? parts[1] : "";
        }

        return environment;
    }

    private static PostgresServerOptions Options(bool durable) => new()
    {
        // Offered, and not used by those that are not told to: see DatabaseUrl.
        Tls = true,
        Settings = new Dictionary<string, string>
        {
            ["shared_buffers"] = "1GB",
            ["synchronous_commit"] = durable ? "on" : "off",
            ["logical_decoding_work_mem"] = "256MB",
            ["max_wal_size"] = "20GB",
            ["checkpoint_timeout"] = "1h",
            ["autovacuum"] = "off",
            // For the bench copy: both ends' commits by the server's own record.
            ["track_commit_timestamp"] = durable ? "on" : "off",
        },
    };
}
