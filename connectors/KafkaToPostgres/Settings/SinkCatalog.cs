using Penstock.Engine.Configuration;
using Penstock.Engine.Operations;

namespace Penstock.KafkaToPostgres.Settings;

/// <summary>Every setting of <c>kafka-to-postgres</c>, and what it refuses by name.</summary>
internal static class SinkCatalog
{
    private const string NotBuilt = "known in Debezium's JDBC sink, not built in this version";
    private const string Own = "decided by the pipeline: offsets are the target database's";

    private static readonly string[] Unbuilt =
    [
        "connection.<option>", "use.time.zone", "quote.identifiers", "collection.table.format", "table.name.format", "collection.naming.strategy", "column.naming.strategy",
        "use.reduction.buffer", "keyed.message.batch.mode", "flush.max.retries", "flush.retry.delay.ms", "dialect.<option>", "cloudevents.schema.name.pattern", "hibernate.<option>",
        "errors.<option>", "key.converter*", "value.converter*", "transforms*", "tasks.max",
    ];

    private static readonly string[] OfConsumers =
    [
        "api.version.request.timeout.ms", "broker.address.family", "broker.address.ttl", "check.crcs", "client.id", "client.rack", "connections.max.idle.ms", "debug",
        "fetch.error.backoff.ms", "fetch.max.bytes", "fetch.message.max.bytes", "fetch.min.bytes", "fetch.queue.backoff.ms", "fetch.wait.max.ms", "group.instance.id",
        "heartbeat.interval.ms", "isolation.level", "log.connection.close", "log_level", "max.partition.fetch.bytes", "max.poll.interval.ms", "metadata.max.age.ms",
        "queued.min.messages", "receive.message.max.bytes", "reconnect.backoff.max.ms", "reconnect.backoff.ms", "sasl.kerberos.keytab", "sasl.kerberos.principal",
        "sasl.kerberos.service.name", "sasl.mechanism", "sasl.mechanisms", "sasl.oauthbearer.client.id", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config",
        "sasl.oauthbearer.extensions", "sasl.oauthbearer.method", "sasl.oauthbearer.scope", "sasl.oauthbearer.token.endpoint.url", "sasl.password", "sasl.username",
        "security.protocol", "session.timeout.ms", "socket.connection.setup.timeout.ms", "socket.keepalive.enable", "socket.receive.buffer.bytes", "socket.timeout.ms",
        "ssl.cipher.suites", "ssl.curves.list", "ssl.endpoint.identification.algorithm", "ssl.key.password", "ssl.keystore.location", "ssl.keystore.password",
        "ssl.sigalgs.list", "topic.metadata.refresh.interval.ms",
    ];

    public static SettingCatalog Catalog { get; } = new(
        [.. SinkSettings.All, .. OperationsSettings.All],
        [.. Unbuilt.Select(static name => new UnavailableOption(name, NotBuilt))],
        new PassThroughOptions(
            "kafka",
            "librdkafka",
            OfConsumers,
            new Dictionary<string, string>
            {
                ["bootstrap.servers"] = "given by KAFKA_URL",
                ["group.id"] = "given by PENSTOCK_GROUP",
                ["enable.auto.commit"] = Own,
                ["enable.auto.offset.store"] = Own,
                ["auto.offset.reset"] = "given by PENSTOCK_START and PENSTOCK_ON_GAP",
                ["partition.assignment.strategy"] = "not free here: rebalances are cooperative",
                ["queued.max.messages.kbytes"] = "given by PENSTOCK_MAX_QUEUE_SIZE_IN_BYTES",
            },
            new HashSet<string> { "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "sasl.password", "ssl.key.password", "ssl.keystore.password" }));
}
