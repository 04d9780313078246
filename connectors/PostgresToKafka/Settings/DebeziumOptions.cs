using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>
/// The options of Debezium's PostgreSQL connector (its documentation for 3.7, and older names) that are not settings here. Each is refused by name with the reason, so that
/// a configuration that was carried over never loses an option in silence. An option whose one value asks for what happens here anyway may be left in with that value.
/// </summary>
internal static class DebeziumOptions
{
    private const string NotBuilt = "known in Debezium, not built in this version";
    private const string UseDatabaseUrl = "Debezium's name: give host, port, user, password, database and TLS in DATABASE_URL (postgres://user:password@host:port/database?sslmode=...)";

    public static IReadOnlyList<UnavailableOption> NotHere { get; } =
    [
        .. InDatabaseUrl("hostname", "port", "user", "password", "dbname", "sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslfactory", "tcpKeepAlive"),
        Fixed("connector.class", "io.debezium.connector.postgresql.PostgresConnector"),
        Fixed("tasks.max", "1"),
        Fixed("transaction.metadata.factory", "io.debezium.pipeline.txmetadata.DefaultTransactionMetadataFactory"),
        Fixed("plugin.name", "pgoutput"),
        Fixed("read.only", "false"),
        Fixed("lsn.flush.mode", "connector"),
        Fixed("flush.lsn.source", "true"),
        Fixed("offset.mismatch.strategy", "no_validation"),
        Fixed("snapshot.query.mode", "select_all"),
        Fixed("table.ignore.builtin", "true"),
        Fixed("snapshot.max.threads", "1"),
        Fixed("event.processing.failure.handling.mode", "fail"),
        Fixed("guardrail.collections.max", "0"),
        Fixed("key.converter", "org.apache.kafka.connect.json.JsonConverter"),
        .. CloudEventSettings.NotHere,
        .. Renamed(
            ("heartbeat.topics.prefix", "topic.heartbeat.prefix"),
            ("database.server.name", "topic.prefix"),
            ("schema.whitelist", "schema.include.list"),
            ("schema.blacklist", "schema.exclude.list"),
            ("table.whitelist", "table.include.list"),
            ("table.blacklist", "table.exclude.list"),
            ("column.whitelist", "column.include.list"),
            ("column.blacklist", "column.exclude.list"),
            ("toasted.value.placeholder", "unavailable.value.placeholder")),
        new("producer.override.<option>", "Kafka Connect's form: a librdkafka option is given as PENSTOCK_KAFKA_ and its name"),
        .. Unbuilt(Connection),
        .. Unbuilt(SlotAndWal),
        .. Unbuilt(Selection),
        .. Unbuilt(Snapshot),
        .. Unbuilt(Signals),
        .. Unbuilt(EventForm),
        .. Unbuilt(QueueAndErrors),
        .. Unbuilt(Observation),
        .. Unbuilt(Connect),
    ];

    private static string[] Connection =>
        ["database.connection.factory.class", "database.query.timeout.ms", "connection.validation.timeout.ms", "driver.<option>", "executor.shutdown.timeout.ms", "database.<option>"];

    private static string[] SlotAndWal =>
    [
        "lsn.flush.timeout.ms", "lsn.flush.timeout.action", "internal.<option>",
    ];

    private static string[] Selection =>
    [
        "guardrail.collections.limit.action",
    ];

    private static string[] Snapshot =>
    [
        "snapshot.mode.custom.name", "snapshot.locking.mode.custom.name", "snapshot.query.mode.custom.name", "snapshot.max.threads.multiplier*", "legacy.snapshot.max.threads", "snapshot.custom.class",
    ];

    private static string[] Signals =>
    [
        "signal.emit.failure.max.retries", "signal.emit.failure.backoff.ms", "signal.kafka.topic",
        "signal.kafka.groupId", "signal.kafka.bootstrap.servers", "signal.kafka.poll.timeout.ms", "signal.consumer.<option>", "signal.file", "incremental.snapshot.allow.schema.changes",
    ];

    private static string[] EventForm =>
    [
        "topic.cache.size", "sourceinfo.struct.maker",
        "converters", "post.processors", "memory.management.schemas.class", "memory.management.tables.class", "reselect.<option>", "large.message.s3.<option>",
        "include.schema.changes",
    ];

    private static string[] QueueAndErrors => ["poll.dispatch.interval.ms", "queue.provider.type", "queue.provider.<option>"];

    private static string[] Observation => ["custom.metric.tags", "statistics.metrics.enabled", "custom.sanitize.pattern", "notification.<option>", "openlineage.<option>"];

    private static string[] Connect =>
    [
        "key.converter.<option>", "value.converter.<option>", "header.converter*", "errors.<option>", "topic.creation.<option>",
        "exactly.once.support", "transaction.boundary", "transaction.boundary.interval.ms", "offsets.storage.topic", "config.action.reload",
    ];

    private static IEnumerable<UnavailableOption> InDatabaseUrl(params string[] names) => names.Select(static name => new UnavailableOption("database." + name, UseDatabaseUrl));

    private static UnavailableOption Fixed(string name, string onlyValue) => new(name, NotBuilt, onlyValue);

    private static IEnumerable<UnavailableOption> Renamed(params (string Old, string Current)[] names) =>
        names.Select(static pair => new UnavailableOption(pair.Old, $"Debezium's old name: use {EnvironmentNames.Of(pair.Current)}"));

    private static IEnumerable<UnavailableOption> Unbuilt(string[] names) => names.Select(static name => new UnavailableOption(name, NotBuilt));
}
