using Npgsql;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>
/// Debezium's Postgres connector on a standalone Kafka Connect worker, from a folder: <c>plugins/</c> with the connector (or the connector's jars below it) and <c>libs/</c> with the Connect runtime
/// (else that of <c>KAFKA_HOME</c>). Set up as it was quickest here: large batches and queue, 10 ms between polls, a parallel collector with 1 GB, JSON without schemas, <c>acks=all</c>.
/// </summary>
internal sealed class DebeziumConnect : IDisposable
{
    /// <summary>The prefix of its topics.</summary>
    public const string TopicPrefix = "bench-debezium";

    /// <summary>Its slot.</summary>
    public const string Slot = BenchScene.Name + "_debezium";

    private readonly TemporaryFolder _folder = new("debezium");
    private readonly string[] _arguments;

    /// <param name="scene">The servers.</param>
    /// <param name="folder">As above.</param>
    /// <param name="schemas">Events carry their schemas.</param>
    /// <param name="set">NAME=VALUE of the connector's properties, or, beginning with <c>worker.</c>, of the worker's; they win.</param>
    /// <exception cref="ServerException">There is nothing to run.</exception>
    public DebeziumConnect(BenchScene scene, string folder, bool schemas, IReadOnlyList<string> set)
    {
        string plugins = Path.Combine(folder, "plugins");
        plugins = Directory.Exists(plugins) ? plugins : folder;
        string libs = Path.Combine(folder, "libs");
        if (!Directory.Exists(libs))
        {
            libs = Path.Combine(KafkaHome.Find(out string reason) ?? throw new ServerException($"{folder} has no libs/ with the Connect runtime, and {reason}"), "libs");
        }

        if (!Directory.Exists(folder) || Directory.GetFiles(folder, "debezium-connector-postgres-*.jar", SearchOption.AllDirectories).Length == 0)
        {
            throw new ServerException($"--debezium: {folder} holds no debezium-connector-postgres-*.jar; unpack the connector's plugin archive there");
        }

        if (Directory.GetFiles(libs, "connect-runtime-*.jar").Length == 0)
        {
            throw new ServerException($"--debezium: {libs} holds no connect-runtime-*.jar; put the libs/ of a Kafka distribution there");
        }

        File.WriteAllLines(_folder["worker.properties"], Properties(Worker(scene, plugins, schemas), set.Where(IsWorker).Select(pair => pair["worker.".Length..])));
        File.WriteAllLines(_folder["connector.properties"], Properties(Connector(scene), set.Where(pair => !IsWorker(pair))));
        File.WriteAllText(_folder["log4j2.properties"], """
            status = error
            appender.out.type = Console
            appender.out.name = out
            appender.out.layout.type = PatternLayout
            appender.out.layout.pattern = %d %p %m%n
            rootLogger.level = warn
            rootLogger.appenderRef.out.ref = out

            """);
        _arguments =
        [
            "-Xms1g", "-Xmx1g", "-XX:+UseParallelGC", $"-Dlog4j2.configurationFile=file:{_folder["log4j2.properties"]}", "-cp", Path.Combine(libs, "*"),
            "org.apache.kafka.connect.cli.ConnectStandalone", _folder["worker.properties"], _folder["connector.properties"],
        ];
    }

    public PipelineProcess Start() => PipelineProcess.Start("java", new Dictionary<string, string>(), _arguments);

    public void Dispose() => _folder.Dispose();

    private static bool IsWorker(string pair) => pair.StartsWith("worker.", StringComparison.Ordinal);

    private static IEnumerable<string> Properties(Dictionary<string, string> properties, IEnumerable<string> set)
    {
        foreach (string pair in set)
        {
            string[] parts = pair.Split('=', 2);
            properties[parts[0]] = parts.Length == 2 ? parts[1] : "";
        }

        return properties.Select(property => $"{property.Key}={property.Value}");
    }

    private Dictionary<string, string> Worker(BenchScene scene, string plugins, bool schemas)
    {
        const string json = "org.apache.kafka.connect.json.JsonConverter";
        string withSchemas = schemas ? "true" : "false";
        return new()
        {
            ["bootstrap.servers"] = scene.Bootstrap,
            ["key.converter"] = json,
            ["value.converter"] = json,
            ["key.converter.schemas.enable"] = withSchemas,
            ["value.converter.schemas.enable"] = withSchemas,
            ["offset.storage.file.filename"] = _folder["offsets"],
            ["offset.flush.interval.ms"] = "5000",
            ["plugin.path"] = plugins,
            ["plugin.discovery"] = "service_load",
            ["listeners"] = $"HTTP://127.0.0.1:{FreePort.Find()}",
            ["producer.acks"] = "all",
            ["producer.linger.ms"] = "5",
            ["producer.batch.size"] = "1048576",
            ["producer.buffer.memory"] = "134217728",
            ["producer.compression.type"] = "none",
            ["producer.max.request.size"] = "4194304",
        };
    }

    private static Dictionary<string, string> Connector(BenchScene scene)
    {
        var to = new NpgsqlConnectionStringBuilder(scene.ConnectionString);
        return new()
        {
            ["name"] = BenchScene.Name,
            ["connector.class"] = "io.debezium.connector.postgresql.PostgresConnector",
            ["tasks.max"] = "1",
            ["plugin.name"] = "pgoutput",
            ["database.hostname"] = to.Host!,
            ["database.port"] = to.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["database.user"] = to.Username!,
            ["database.password"] = to.Password ?? "unused",
            ["database.dbname"] = to.Database!,
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
}
