namespace Penstock.Servers;

/// <summary>
/// Debezium's Postgres connector on a standalone Kafka Connect worker, from a folder: <c>plugins/</c> with the connector (or the connector's jars below it) and <c>libs/</c> with the Connect runtime
/// (else that of <c>KAFKA_HOME</c>). Its offsets are kept in the file <see cref="OffsetFile"/> over restarts.
/// </summary>
public sealed class ConnectWorker : IDisposable
{
    private readonly TemporaryFolder _folder = new("connect");
    private readonly string[] _arguments;

    /// <param name="folder">As above.</param>
    /// <param name="bootstrap">Brokers without TLS.</param>
    /// <param name="connector">The connector's properties.</param>
    /// <param name="worker">The worker's properties; they win over what is set here.</param>
    /// <param name="javaOptions">Before the class.</param>
    /// <exception cref="ServerException">There is nothing to run.</exception>
    public ConnectWorker(string folder, string bootstrap, IEnumerable<KeyValuePair<string, string>> connector, IEnumerable<KeyValuePair<string, string>> worker, IEnumerable<string> javaOptions)
    {
        string plugins = Path.Combine(folder, "plugins");
        plugins = Directory.Exists(plugins) ? plugins : folder;
        string libs = Path.Combine(folder, "libs");
        if (!Directory.Exists(libs))
        {
            libs = Path.Combine(KafkaHome.Find(out string reason) is { } script ? Path.GetDirectoryName(script)! : throw new ServerException($"{folder} has no libs/ with the Connect runtime, and {reason}"), "libs");
        }

        if (!Directory.Exists(folder) || Directory.GetFiles(folder, "debezium-connector-postgres-*.jar", SearchOption.AllDirectories).Length == 0)
        {
            throw new ServerException($"{folder} holds no debezium-connector-postgres-*.jar; unpack the connector's plugin archive there");
        }

        if (Directory.GetFiles(libs, "connect-runtime-*.jar").Length == 0)
        {
            throw new ServerException($"{libs} holds no connect-runtime-*.jar; put the libs/ of a Kafka distribution there");
        }

        var properties = new Dictionary<string, string>
        {
            ["bootstrap.servers"] = bootstrap,
            ["key.converter"] = "org.apache.kafka.connect.json.JsonConverter",
            ["value.converter"] = "org.apache.kafka.connect.json.JsonConverter",
            ["key.converter.schemas.enable"] = "false",
            ["value.converter.schemas.enable"] = "false",
            ["offset.storage.file.filename"] = OffsetFile,
            ["offset.flush.interval.ms"] = "5000",
            ["plugin.path"] = plugins,
            ["plugin.discovery"] = "service_load",
            ["listeners"] = $"HTTP://127.0.0.1:{FreePort.Find()}",
        };
        foreach ((string name, string value) in worker)
        {
            properties[name] = value;
        }

        Write("worker.properties", properties);
        Write("connector.properties", connector);
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
            .. javaOptions, $"-Dlog4j2.configurationFile=file:{_folder["log4j2.properties"]}", "-cp", Path.Combine(libs, "*"),
            "org.apache.kafka.connect.cli.ConnectStandalone", _folder["worker.properties"], _folder["connector.properties"],
        ];
    }

    /// <summary>Where the worker keeps offsets.</summary>
    public string OffsetFile => _folder["offsets"];

    /// <summary>The connection of Debezium's Postgres connector to a database.</summary>
    public static Dictionary<string, string> PostgresConnector(string connectionString)
    {
        var to = new Npgsql.NpgsqlConnectionStringBuilder(connectionString);
        return new()
        {
            ["connector.class"] = "io.debezium.connector.postgresql.PostgresConnector",
            ["tasks.max"] = "1",
            ["plugin.name"] = "pgoutput",
            ["database.hostname"] = to.Host!,
            ["database.port"] = to.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["database.user"] = to.Username!,
            ["database.password"] = to.Password ?? "unused",
            ["database.dbname"] = to.Database!,
        };
    }

    public PipelineProcess Start() => PipelineProcess.Start("java", new Dictionary<string, string>(), _arguments);

    public void Dispose() => _folder.Dispose();

    private void Write(string file, IEnumerable<KeyValuePair<string, string>> properties) =>
        File.WriteAllLines(_folder[file], properties.Select(property => $"{property.Key}={property.Value}"));
}
