using Penstock.Servers;
using Penstock.Servers.Proxies;

namespace Penstock.Faults;

/// <summary>One Postgres and one broker for the tests of a class, each behind a proxy as well; every test works in a <see cref="Lane"/> of its own.</summary>
public sealed class FaultFixture : IAsyncLifetime
{
    private int _lanes;

    /// <summary>The servers themselves.</summary>
    public PipelineScene Servers { get; private set; } = null!;

    /// <summary>Between a lane and Postgres, where the lane asks for it.</summary>
    public TcpProxy PostgresProxy { get; private set; } = null!;

    /// <summary>Between a lane and the broker, where the lane asks for it.</summary>
    public TcpProxy KafkaProxy { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (!KafkaCluster.IsAvailable)
        {
            // The tests of the class are skipped, each with the reason.
            return;
        }

        PostgresProxy = new TcpProxy();
        KafkaProxy = new TcpProxy();
        Servers = await PipelineScene.CreateAsync(
            new PostgresServerOptions
            {
                Settings = new Dictionary<string, string>
                {
                    ["max_replication_slots"] = "60",
                    ["max_wal_senders"] = "30",
                    ["max_connections"] = "200",
                    ["wal_sender_timeout"] = "6s",
                    ["max_prepared_transactions"] = "10",
                },
            },
            new KafkaClusterOptions { AdvertisedPort = KafkaProxy.Port, AutoCreateTopics = false });
        PostgresProxy.TargetPort = Servers.Postgres.Port;
        KafkaProxy.TargetPort = Servers.Kafka.ProxiedPort;
    }

    /// <summary>A database with the workload's tables, topics, and a pipeline's settings.</summary>
    /// <param name="throughPostgresProxy">The pipeline reaches Postgres through the proxy.</param>
    /// <param name="throughKafkaProxy">The pipeline reaches the broker through the proxy.</param>
    internal async Task<Lane> LaneAsync(bool throughPostgresProxy = false, bool throughKafkaProxy = false)
    {
        int number = Interlocked.Increment(ref _lanes);
        var scene = await Servers.NextAsync($"lane{number}");
        await scene.PrepareJournalAsync();
        scene.Settings["PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS"] = "1000";
        scene.Settings["PENSTOCK_SLOT_RETRY_DELAY_MS"] = "300";
        scene.Settings["PENSTOCK_SLOT_MAX_RETRIES"] = "200";
        // With headers records take another way to the broker; what comes twice must have the same ones.
        scene.Settings["PENSTOCK_POSITION_HEADER_ENABLED"] = number % 2 == 1 ? "true" : "false";
        if (throughPostgresProxy)
        {
            scene.Settings["DATABASE_URL"] = $"postgres://postgres@127.0.0.1:{PostgresProxy.Port}/{scene.Database}";
        }

        if (throughKafkaProxy)
        {
            scene.Settings["KAFKA_URL"] = $"127.0.0.1:{KafkaProxy.Port}";
        }

        return new Lane(scene, FaultOptions.Seed + number);
    }

    public async Task DisposeAsync()
    {
        if (KafkaCluster.IsAvailable)
        {
            await Servers.DisposeAsync();
            await PostgresProxy.DisposeAsync();
            await KafkaProxy.DisposeAsync();
        }
    }
}
