using System.Globalization;
using Penstock.Servers.Histories;

namespace Penstock.Servers;

/// <summary>A Postgres, a Kafka and the settings of one pipeline between them.</summary>
public sealed class PipelineScene : IAsyncDisposable
{
    public const string Name = "scene";

    private PipelineScene(PostgresServer postgres, KafkaCluster kafka)
    {
        Postgres = postgres;
        Kafka = kafka;
        Settings = new Dictionary<string, string>
        {
            ["DATABASE_URL"] = postgres.Url(),
            ["KAFKA_URL"] = kafka.Bootstrap,
            ["PENSTOCK_NAME"] = Name,
        };
    }

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
            return new PipelineScene(await database.ConfigureAwait(false), await broker.ConfigureAwait(false));
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

    /// <summary>Makes the workload's tables and topics.</summary>
    public async Task PrepareJournalAsync(int partitions = 3)
    {
        await JournaledWorkload.CreateTablesAsync(Postgres).ConfigureAwait(false);
        Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = string.Join(',', JournaledWorkload.Tables.Select(table => $"public.{table}"));
        foreach (string topic in JournalTopics)
        {
            await Kafka.CreateTopicAsync(topic, partitions).ConfigureAwait(false);
        }
    }

    /// <summary>Topics of the workload's tables.</summary>
    public static IEnumerable<string> JournalTopics => JournaledWorkload.Tables.Select(table => $"{Name}.public.{table}");

    public PipelineProcess Start(params IReadOnlyList<string> arguments) => PipelineProcess.Start(Settings, arguments.Count == 0 ? ["run"] : arguments);

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
        return HistoryCheck.CompareAsync(Postgres.ConnectionString(), ReadJournalTopics().Where(record => !skipped.Contains((record.Topic, record.Partition, record.Offset))), snapshot);
    }

    public async ValueTask DisposeAsync()
    {
        await Kafka.DisposeAsync().ConfigureAwait(false);
        await Postgres.DisposeAsync().ConfigureAwait(false);
    }
}
