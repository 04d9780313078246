using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>One Postgres and one Kafka (topics are not created on first use) for all tests of a class; each test has a database of its own.</summary>
public sealed class SceneFixture : IAsyncLifetime
{
    private int _databases;

    public PipelineScene Scene { get; private set; } = null!;

    public async Task InitializeAsync() =>
        // Without brokers the tests of the class are skipped, each with the reason.
        Scene = !KafkaCluster.IsAvailable ? null! : await PipelineScene.CreateAsync(
            new PostgresServerOptions
            {
                Settings = new Dictionary<string, string> { ["max_replication_slots"] = "50", ["max_wal_senders"] = "20", ["wal_sender_timeout"] = "3s" },
                ClientAuthentication =
                [
                    "host all scram_user 127.0.0.1/32 scram-sha-256",
                    "host replication all 127.0.0.1/32 trust",
                    "host all all 127.0.0.1/32 trust",
                ],
            },
            new KafkaClusterOptions { AutoCreateTopics = false });

    /// <summary>A fresh database with the given SQL run in it, topics for the tables, and the settings for a pipeline of its own.</summary>
    public Task<TestPipeline> PrepareAsync(string sql, params string[] tables) => PrepareAsync(sql, 1, tables);

    /// <inheritdoc cref="PrepareAsync(string, string[])"/>
    public async Task<TestPipeline> PrepareAsync(string sql, int partitions, params string[] tables)
    {
        string name = $"t{Interlocked.Increment(ref _databases)}_{Environment.ProcessId}";
        await Scene.Postgres.ExecuteAsync($"CREATE DATABASE {name}");
        if (sql.Length > 0)
        {
            await Scene.Postgres.ExecuteAsync(sql, name);
        }

        foreach (string table in tables)
        {
            await Scene.Kafka.CreateTopicAsync($"{name}.{table}", partitions);
        }

        return new TestPipeline(Scene, name, tables);
    }

    public async Task DisposeAsync()
    {
        if (KafkaCluster.IsAvailable)
        {
            await Scene.DisposeAsync();
        }
    }
}
