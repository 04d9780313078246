using System.Text.RegularExpressions;
using Penstock.Servers;

namespace Penstock.Demo;

/// <summary>The Kafka of this run: real brokers, or the mock cluster inside the pipeline, whose address is known only when that runs.</summary>
internal sealed class Broker : IAsyncDisposable
{
    // Several, so that the order of each key is seen to hold across them.
    private const int Partitions = 3;

    private readonly KafkaCluster? _cluster;

    private Broker(KafkaCluster? cluster) => _cluster = cluster;

    /// <summary>What the pipeline gets as KAFKA_URL.</summary>
    public string Url => _cluster is null ? "embedded:" : _cluster.Environment["KAFKA_URL"];

    public string Description => _cluster is null ? "the mock cluster inside postgres-to-kafka" : $"Kafka on {_cluster.Bootstrap}";

    public static async Task<Broker> StartAsync(bool embedded, IScreen screen)
    {
        if (embedded)
        {
            return new Broker(null);
        }
        if (!KafkaCluster.IsAvailable)
        {
            screen.Say($"demo: {KafkaCluster.UnavailableReason}; using the mock cluster");
            return new Broker(null);
        }
        return new Broker(await KafkaCluster.CreateAsync(new KafkaClusterOptions { Partitions = Partitions }).ConfigureAwait(false));
    }

    /// <summary>Where consumers find it.</summary>
    public async Task<string> BootstrapAsync(PipelineProcess pipeline, CancellationToken cancellationToken)
    {
        if (_cluster is not null)
        {
            return _cluster.Bootstrap;
        }
        Match told = await pipeline.WaitForLineAsync(@"embedded.*bootstrap=([^\s,;""]+)", TimeSpan.FromSeconds(30), cancellationToken).ConfigureAwait(false);
        return told.Groups[1].Value;
    }

    /// <summary>An independent consumer of the shop's topics.</summary>
    public static TopicReader Read(string bootstrap) => TopicReader.Of(bootstrap, Shop.Tables.Select(table => $"{Shop.Database}.public.{table.Name}"));

    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;
}
