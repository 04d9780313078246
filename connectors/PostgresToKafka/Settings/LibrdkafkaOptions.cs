using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>
/// The configuration properties of librdkafka (its CONFIGURATION.md, 2.0 to 2.15) that a producer has and that are not settings of their own here. They are handed over as
/// they are: <c>PENSTOCK_KAFKA_LINGER_MS</c> gives <c>linger.ms</c>. The list is what makes a mistyped name an error before anything is started, and what tells
/// a dot from an underscore.
/// </summary>
internal static class LibrdkafkaOptions
{
    private static readonly string[] Names =
    [
        "acks", "allow.auto.create.topics", "api.version.fallback.ms", "api.version.request", "api.version.request.timeout.ms", "batch.num.messages", "batch.size",
        "broker.address.family", "broker.address.ttl", "broker.version.fallback", "client.dns.lookup", "client.id", "client.rack", "compression.codec",
        "compression.level", "compression.type", "connections.max.idle.ms", "debug", "delivery.report.only.error", "delivery.timeout.ms", "enable.gapless.guarantee",
        "enable.idempotence", "enable.metrics.push", "enable.random.seed", "enable.sasl.oauthbearer.unsecure.jwt", "enable.ssl.certificate.verification",
        "https.ca.location", "https.ca.pem", "interceptors", "internal.termination.signal", "linger.ms", "log.connection.close", "log.queue", "log.thread.name",
        "log_level", "max.in.flight", "max.in.flight.requests.per.connection", "message.copy.max.bytes", "message.max.bytes", "message.send.max.retries",
        "message.timeout.ms", "metadata.max.age.ms", "metadata.recovery.rebootstrap.trigger.ms", "metadata.recovery.strategy", "plugin.library.paths",
        "produce.offset.report", "queue.buffering.backpressure.threshold", "queue.buffering.max.ms", "queuing.strategy", "receive.message.max.bytes",
        "reconnect.backoff.jitter.ms", "reconnect.backoff.max.ms", "reconnect.backoff.ms", "request.required.acks", "request.timeout.ms", "retries",
        "retry.backoff.max.ms", "retry.backoff.ms", "sasl.kerberos.keytab", "sasl.kerberos.kinit.cmd", "sasl.kerberos.min.time.before.relogin",
        "sasl.kerberos.principal", "sasl.kerberos.service.name", "sasl.mechanism", "sasl.mechanisms", "sasl.oauthbearer.assertion.algorithm",
        "sasl.oauthbearer.assertion.claim.aud", "sasl.oauthbearer.assertion.claim.exp.seconds", "sasl.oauthbearer.assertion.claim.iss",
        "sasl.oauthbearer.assertion.claim.jti.include", "sasl.oauthbearer.assertion.claim.nbf.seconds", "sasl.oauthbearer.assertion.claim.sub",
        "sasl.oauthbearer.assertion.file", "sasl.oauthbearer.assertion.jwt.template.file", "sasl.oauthbearer.assertion.private.key.file",
        "sasl.oauthbearer.assertion.private.key.passphrase", "sasl.oauthbearer.assertion.private.key.pem", "sasl.oauthbearer.client.id",
        "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "sasl.oauthbearer.extensions", "sasl.oauthbearer.grant.type",
        "sasl.oauthbearer.metadata.authentication.type", "sasl.oauthbearer.method", "sasl.oauthbearer.scope", "sasl.oauthbearer.sub.claim.name",
        "sasl.oauthbearer.token.endpoint.url", "sasl.password", "sasl.username", "security.protocol", "socket.blocking.max.ms", "socket.connection.setup.timeout.ms",
        "socket.keepalive.enable", "socket.max.fails", "socket.nagle.disable", "socket.receive.buffer.bytes", "socket.send.buffer.bytes", "socket.timeout.ms",
        "ssl.ca.certificate.stores", "ssl.ca.location", "ssl.ca.pem", "ssl.certificate.location", "ssl.certificate.pem", "ssl.cipher.suites", "ssl.crl.location",
        "ssl.curves.list", "ssl.endpoint.identification.algorithm", "ssl.engine.id", "ssl.engine.location", "ssl.key.location", "ssl.key.password", "ssl.key.pem",
        "ssl.keystore.location", "ssl.keystore.password", "ssl.providers", "ssl.sigalgs.list", "statistics.interval.ms", "sticky.partitioning.linger.ms",
        "topic.blacklist", "topic.metadata.propagation.max.ms", "topic.metadata.refresh.fast.cnt", "topic.metadata.refresh.fast.interval.ms",
        "topic.metadata.refresh.interval.ms", "topic.metadata.refresh.sparse",
    ];

    private static readonly string[] OfConsumers =
    [
        "auto.commit.enable", "auto.commit.interval.ms", "auto.offset.reset", "check.crcs", "consume.callback.max.messages", "coordinator.query.interval.ms",
        "enable.auto.commit", "enable.auto.offset.store", "enable.partition.eof", "fetch.error.backoff.ms", "fetch.max.bytes", "fetch.message.max.bytes",
        "fetch.min.bytes", "fetch.queue.backoff.ms", "fetch.wait.max.ms", "group.id", "group.instance.id", "group.protocol", "group.protocol.type",
        "group.remote.assignor", "heartbeat.interval.ms", "isolation.level", "max.partition.fetch.bytes", "max.poll.interval.ms", "max.poll.records",
        "offset.store.method", "offset.store.path", "offset.store.sync.interval.ms", "partition.assignment.strategy", "queued.max.messages.kbytes",
        "queued.min.messages", "session.timeout.ms", "share.acknowledgement.mode",
    ];

    private static readonly Dictionary<string, string> Owned = new()
    {
        ["bootstrap.servers"] = "given by KAFKA_URL",
        ["metadata.broker.list"] = "given by KAFKA_URL",
        ["partitioner"] = "not free here: records are partitioned as Kafka's Java client does it (murmur2 of the key)",
        ["queue.buffering.max.kbytes"] = "given by PENSTOCK_MAX_QUEUE_SIZE_IN_BYTES",
        ["queue.buffering.max.messages"] = "given by PENSTOCK_MAX_QUEUE_SIZE",
        ["test.mock.num.brokers"] = "given by KAFKA_URL=embedded:",
        ["transactional.id"] = "not used here: delivery is at least once, without Kafka transactions",
        ["transaction.timeout.ms"] = "not used here: delivery is at least once, without Kafka transactions",
    };

    public static PassThroughOptions PassThrough { get; } = new(
        "kafka",
        "librdkafka",
        Names,
        Owned.Concat(OfConsumers.Select(static name => KeyValuePair.Create(name, "an option of librdkafka's consumers: this pipeline only produces"))).ToDictionary(),
        new HashSet<string>
        {
            "sasl.oauthbearer.assertion.private.key.passphrase", "sasl.oauthbearer.assertion.private.key.pem", "sasl.oauthbearer.client.secret",
            "sasl.oauthbearer.config", "sasl.password", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password"
        });
}
