using System.Globalization;
using Penstock.Servers.Histories;

namespace Penstock.Servers;

/// <summary>A Postgres, a Kafka and the settings of one pipeline between them. Further scenes may share the servers: <see cref="NextAsync"/>.</summary>
public sealed class PipelineScene : IAsyncDisposable
{
    private readonly bool _ownsServers;

    private PipelineScene(PostgresServer postgres, KafkaCluster kafka, string name, string database, bool ownsServers)
    {
        Postgres = postgres;
        Kafka = kafka;
        Name = name;
        Database = database;
        _ownsServers = ownsServers;
        Settings = new Dictionary<string, string>
        {
            ["DATABASE_URL"] = postgres.Url(database),
            ["KAFKA_URL"] = kafka.Bootstrap,
            ["PENSTOCK_NAME"] = name,
        };
    }

    /// <summary>Of the pipeline, its slot and its topics' prefix.</summary>
    public string Name { get; }

    public string Database { get; }

    public PostgresServer Postgres { get; }

    public KafkaCluster Kafka { get; }

    /// <summary>The pipeline's environment; a test adds to it.</summary>
    public Dictionary<string, string> Settings { get; }

    public static async Task<PipelineScene> CreateAsync(PostgresServerOptions? postgres = null, KafkaClusterOptions? kafka = null)
    {
        var database = PostgresServer.CreateAsync(postgres);
        var broker = KafkaCluster.CreateAsync(kafka);
        try
        {
            return new PipelineScene(await database.ConfigureAwait(false), await broker.ConfigureAwait(false), "scene", "postgres", ownsServers: true);
        }
        catch (ServerException)
        {
            foreach (var started in new Task[] { database, broker })
            {
                await ((Task)started.ContinueWith(_ => { }, TaskScheduler.Default)).ConfigureAwait(false);
            }

            if (database.IsCompletedSuccessfully)
            {
                await database.Result.DisposeAsync().ConfigureAwait(false);
            }

            if (broker.IsCompletedSuccessfully)
            {
                await broker.Result.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>Another scene on the same servers, with a database and a pipeline of its own. Disposing it leaves the servers alone.</summary>
    public async Task<PipelineScene> NextAsync(string name)
    {
        await Postgres.ExecuteAsync($"CREATE DATABASE {name}").ConfigureAwait(false);
        return new PipelineScene(Postgres, Kafka, name, name, ownsServers: false);
    }

    /// <summary>Statements in the scene's database; a batch of several is one transaction unless it says otherwise.</summary>
    public Task ExecuteAsync(string sql) => Postgres.ExecuteAsync(sql, Database);

    /// <summary>The first value of a query in the scene's database.</summary>
    public Task<T?> ScalarAsync<T>(string sql) => Postgres.ScalarAsync<T>(sql, Database);

    /// <summary>Makes the workload's tables and topics.</summary>
    public async Task PrepareJournalAsync(int partitions = 3)
    {
        await JournaledWorkload.CreateTablesAsync(Postgres, Database).ConfigureAwait(false);
        // Truncates are events here, so that the check can count them.
        Settings["PENSTOCK_SKIPPED_OPERATIONS"] = "none";
        Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = string.Join(',', JournaledWorkload.Tables.Select(table => $"public.{table}"));
        foreach (string topic in JournalTopics)
        {
            await Kafka.CreateTopicAsync(topic, partitions).ConfigureAwait(false);
        }
    }

    /// <summary>Topics of the workload's tables.</summary>
    public IEnumerable<string> JournalTopics => JournaledWorkload.Tables.Select(table => $"{Name}.public.{table}");

    /// <summary>Another build than the usual one; null for that.</summary>
    public string? Program { get; set; }

    public PipelineProcess Start(params IReadOnlyList<string> arguments) => PipelineProcess.Start(Program ?? Repository.PostgresToKafka(), Settings, arguments.Count == 0 ? ["run"] : arguments);

    /// <summary>Starts it and waits until it streams.</summary>
    public async Task<PipelineProcess> StartStreamingAsync()
    {
        var pipeline = Start();
        await pipeline.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60)).ConfigureAwait(false);
        return pipeline;
    }

    /// <summary>Waits until the slot has confirmed everything that is in the write-ahead log at this moment.</summary>
    /// <returns>False if that did not happen in the time.</returns>
    public async Task<bool> WaitUntilConfirmedAsync(TimeSpan limit)
    {
        string head = await Postgres.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text").ConfigureAwait(false) ?? throw new ServerException("no LSN");
        for (var until = DateTime.UtcNow + limit; DateTime.UtcNow < until; await Task.Delay(200).ConfigureAwait(false))
        {
            if (await Postgres.ScalarAsync<bool>(string.Create(
                    CultureInfo.InvariantCulture,
                    $"SELECT coalesce(bool_or(confirmed_flush_lsn >= '{head}'), false) FROM pg_replication_slots WHERE slot_name = '{Name}'")).ConfigureAwait(false))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Everything in the workload's topics.</summary>
    public IReadOnlyList<TopicRecord> ReadJournalTopics()
    {
        using var reader = TopicReader.Of(Kafka.Bootstrap, JournalTopics);
        return reader.ReadToEnd(TimeSpan.FromSeconds(60));
    }

    /// <summary>Compares the journal with the topics.</summary>
    /// <param name="snapshot">Changes before a snapshot need no event.</param>
    /// <param name="before">Records that stood there before, and do not count: what earlier attempts at a snapshot have left.</param>
    public Task<HistoryReport> CompareHistoriesAsync(bool snapshot = false, IReadOnlyList<TopicRecord>? before = null)
    {
        var skipped = (before ?? []).Select(record => (record.Topic, record.Partition, record.Offset)).ToHashSet();
        return HistoryCheck.CompareAsync(Postgres.ConnectionString(Database), ReadJournalTopics().Where(record => !skipped.Contains((record.Topic, record.Partition, record.Offset))), snapshot);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_ownsServers)
        {
            return;
        }

        await Kafka.DisposeAsync().ConfigureAwait(false);
        await Postgres.DisposeAsync().ConfigureAwait(false);
    }
}
