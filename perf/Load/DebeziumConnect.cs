using Penstock.Servers;

namespace Penstock.Load;

/// <summary>
/// Debezium's Postgres connector on a standalone Kafka Connect worker. Set up as it was quickest here: large batches and queue, 10 ms between polls, a parallel collector with 1 GB, JSON without
/// schemas, <c>acks=all</c>.
/// </summary>
internal sealed class DebeziumConnect : IDisposable
{
    /// <summary>The prefix of its topics.</summary>
    public const string TopicPrefix = "bench-debezium";

    /// <summary>Its slot.</summary>
    public const string Slot = BenchScene.Name + "_debezium";

    private const string OfWorker = "worker.";

    private readonly ConnectWorker _worker;

    /// <param name="scene">The servers.</param>
    /// <param name="folder">See <see cref="ConnectWorker"/>.</param>
    /// <param name="schemas">Events carry their schemas.</param>
    /// <param name="set">NAME=VALUE of the connector's properties, or, beginning with <c>worker.</c>, of the worker's; they win.</param>
    /// <exception cref="ServerException">There is nothing to run.</exception>
    public DebeziumConnect(BenchScene scene, string folder, bool schemas, IReadOnlyList<string> set) => _worker = new ConnectWorker(
        folder,
        scene.Bootstrap,
        With(Connector(scene), set.Where(pair => !IsWorker(pair))),
        With(Worker(schemas), set.Where(IsWorker).Select(pair => pair[OfWorker.Length..])),
        ["-Xms1g", "-Xmx1g", "-XX:+UseParallelGC"]);

    public PipelineProcess Start() => _worker.Start();

    public void Dispose() => _worker.Dispose();

    private static bool IsWorker(string pair) => pair.StartsWith(OfWorker, StringComparison.Ordinal);

    private static Dictionary<string, string> With(Dictionary<string, string> properties, IEnumerable<string> set)
    {
        foreach (string pair in set)
        {
            string[] parts = pair.Split('=', 2);
            properties[parts[0]] = parts.Length == 2 ? parts[1] : "";
        }

        return properties;
    }

    private static Dictionary<string, string> Worker(bool schemas) => new()
    {
        ["key.converter.schemas.enable"] = schemas ? "true" : "false",
        ["value.converter.schemas.enable"] = schemas ? "true" : "false",
        ["producer.acks"] = "all",
        ["producer.linger.ms"] = "5",
        ["producer.batch.size"] = "1048576",
        ["producer.buffer.memory"] = "134217728",
        ["producer.compression.type"] = "none",
        ["producer.max.request.size"] = "4194304",
    };

    private static Dictionary<string, string> Connector(BenchScene scene) => new(ConnectWorker.PostgresConnector(scene.ConnectionString))
    {
        ["name"] = BenchScene.Name,
        ["topic.prefix"] = TopicPrefix,
        ["slot.name"] = Slot,
        ["publication.name"] = BenchScene.Name,
        ["publication.autocreate.mode"] = "disabled",
        ["snapshot.mode"] = "no_data",
        ["schema.include.list"] = BenchScene.Name,
        ["max.batch.size"] = "16384",
        ["max.queue.size"] = "65536",
        ["poll.interval.ms"] = "10",
        ["status.update.interval.ms"] = "5000",
    };
}
