using Penstock.Servers;

namespace Penstock.EndToEnd.Golden;

/// <summary>The servers that cases run on, set as the corpus was captured with: one Kafka, and a Postgres for each lane.</summary>
internal sealed class CaseServers
{
    private readonly List<PostgresServer> _postgres = [];
    private KafkaCluster? _kafka;

    public IReadOnlyList<PostgresServer> Postgres => _postgres;

    public KafkaCluster Kafka => _kafka!;

    public async Task StartAsync(int lanes)
    {
        var kafka = KafkaCluster.CreateAsync(new KafkaClusterOptions { AutoCreateTopics = true, Properties = new Dictionary<string, string> { ["message.max.bytes"] = "16777216" } });
        var options = new PostgresServerOptions
        {
            Settings = new Dictionary<string, string>
            {
                ["autovacuum"] = "off",
                ["max_prepared_transactions"] = "5",
                // A message outside of transactions is flushed by the WAL writer only.
                ["wal_writer_delay"] = "10ms",
            },
        };
        var servers = Enumerable.Range(0, lanes).Select(_ => PostgresServer.CreateAsync(options)).ToList();
        _kafka = await kafka.ConfigureAwait(false);
        _postgres.AddRange(await Task.WhenAll(servers).ConfigureAwait(false));
    }

    public async Task StopAsync()
    {
        foreach (var server in _postgres)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        if (_kafka is not null)
        {
            await _kafka.DisposeAsync().ConfigureAwait(false);
        }
    }
}
