using System.Globalization;
using Penstock.Engine.Configuration;
using Penstock.Kafka.Native;

namespace Penstock.Kafka.Connection;

/// <summary>
/// The librdkafka options a user may set (<c>kafka.linger.ms</c>, <c>PENSTOCK_KAFKA_LINGER_MS</c>), and those that would break what the pipeline promises.
/// </summary>
public static unsafe class KafkaOptions
{
    private static readonly string[] Mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"];

    private const string Own = "is decided by the pipeline";

    /// <summary>Two names of one option, the second the one that is used here.</summary>
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["request.required.acks"] = "acks",
        ["max.in.flight"] = "max.in.flight.requests.per.connection",
        ["delivery.timeout.ms"] = "message.timeout.ms",
        ["queue.buffering.max.ms"] = "linger.ms",
        ["message.send.max.retries"] = "retries",
        ["compression.codec"] = "compression.type",
        ["sasl.mechanisms"] = "sasl.mechanism",
    };

    /// <summary>Options that are refused, each with its reason as a sentence part that follows the name.</summary>
    public static IReadOnlyDictionary<string, string> Refused { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["bootstrap.servers"] = "is given by KAFKA_URL",
        ["metadata.broker.list"] = "is given by KAFKA_URL",
        ["test.mock.num.brokers"] = "is given by KAFKA_URL=embedded:?brokers=N",
        ["partitioner"] = "is decided by the pipeline: records go where Kafka's Java client would put them",
        ["delivery.report.only.error"] = "would hide the deliveries by which the position is confirmed",
        ["queuing.strategy"] = "could reorder records of a key",
        ["transactional.id"] = "is not supported: the pipeline delivers at least once, with an idempotent producer",
        ["enable.gapless.guarantee"] = "is decided by the pipeline: it comes with the idempotent producer",
        ["enable.ssl.certificate.verification"] = "cannot be changed: the broker's certificate is always verified against KAFKA_TRUSTED_CERT",
        ["ssl.ca.pem"] = "is given by KAFKA_TRUSTED_CERT",
        ["ssl.ca.location"] = "is given by KAFKA_TRUSTED_CERT (or KAFKA_TRUSTED_CERT_FILE)",
        ["ssl.certificate.pem"] = "is given by KAFKA_CLIENT_CERT",
        ["ssl.certificate.location"] = "is given by KAFKA_CLIENT_CERT (or KAFKA_CLIENT_CERT_FILE)",
        ["ssl.key.pem"] = "is given by KAFKA_CLIENT_CERT_KEY",
        ["ssl.key.location"] = "is given by KAFKA_CLIENT_CERT_KEY (or KAFKA_CLIENT_CERT_KEY_FILE)",
        ["log.queue"] = Own,
        ["enabled_events"] = Own,
    };

    /// <summary>Options whose values are never shown.</summary>
    public static IReadOnlySet<string> Secrets { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "sasl.password", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "ssl.key.password", "ssl.keystore.password",
    };

    /// <summary>The options a user may set, by librdkafka's names (those of 2.0 that concern a producer or every client).</summary>
    public static IReadOnlyCollection<string> Names { get; } =
    [
        "acks", "allow.auto.create.topics", "api.version.fallback.ms", "api.version.request", "api.version.request.timeout.ms", "batch.num.messages", "batch.size",
        "broker.address.family", "broker.address.ttl", "broker.version.fallback", "client.id", "client.rack", "compression.codec", "compression.level",
        "compression.type", "connections.max.idle.ms", "debug", "delivery.timeout.ms", "enable.idempotence", "enable.sasl.oauthbearer.unsecure.jwt",
        "linger.ms", "log.connection.close", "log.thread.name", "log_level", "max.in.flight", "max.in.flight.requests.per.connection",
        "message.copy.max.bytes", "message.max.bytes", "message.send.max.retries", "message.timeout.ms", "metadata.max.age.ms",
        "queue.buffering.backpressure.threshold", "queue.buffering.max.kbytes", "queue.buffering.max.messages", "queue.buffering.max.ms",
        "receive.message.max.bytes", "reconnect.backoff.max.ms", "reconnect.backoff.ms", "request.required.acks", "request.timeout.ms", "retries",
        "retry.backoff.ms", "sasl.kerberos.keytab", "sasl.kerberos.kinit.cmd", "sasl.kerberos.min.time.before.relogin", "sasl.kerberos.principal",
        "sasl.kerberos.service.name", "sasl.mechanism", "sasl.mechanisms", "sasl.oauthbearer.client.id", "sasl.oauthbearer.client.secret",
        "sasl.oauthbearer.config", "sasl.oauthbearer.extensions", "sasl.oauthbearer.method", "sasl.oauthbearer.scope",
        "sasl.oauthbearer.token.endpoint.url", "sasl.password", "sasl.username", "security.protocol", "socket.connection.setup.timeout.ms",
        "socket.keepalive.enable", "socket.max.fails", "socket.nagle.disable", "socket.receive.buffer.bytes", "socket.send.buffer.bytes",
        "socket.timeout.ms", "ssl.cipher.suites", "ssl.crl.location", "ssl.curves.list", "ssl.endpoint.identification.algorithm",
        "ssl.key.password", "ssl.keystore.location", "ssl.keystore.password", "ssl.sigalgs.list", "statistics.interval.ms",
        "topic.metadata.propagation.max.ms", "topic.metadata.refresh.interval.ms", "topic.metadata.refresh.sparse",
    ];

    /// <summary>The declaration for the settings reader: <c>PENSTOCK_KAFKA_...</c>.</summary>
    public static PassThroughOptions PassThrough { get; } = new("kafka", "librdkafka", Names, Refused, Secrets);

    /// <summary>The options under one name each, after every check that needs no broker. Problems name the variable.</summary>
    internal static Dictionary<string, string> Check(IReadOnlyDictionary<string, string> given, List<SettingProblem> problems)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        // The name under which the user gave an option, for problems found later.
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        nint conf = NativeKafka.ConfNew();
        try
        {
            foreach ((string name, string value) in given)
            {
                if (Refused.TryGetValue(name, out string? reason))
                {
                    problems.Add(Problem(name, reason));
                }
                else if (Refuse(conf, name, value) is { } refusal)
                {
                    problems.Add(Problem(name, refusal));
                }
                else
                {
                    string canonical = Aliases.GetValueOrDefault(name, name);
                    options[canonical] = value;
                    names[canonical] = name;
                }
            }
        }
        finally
        {
            NativeKafka.ConfDestroy(conf);
        }

        CheckOrder(options, (name, text) => problems.Add(Problem(names[name], text)));
        CheckMechanism(options, (name, text) => problems.Add(Problem(names[name], text)));
        return options;
    }

    internal static SettingProblem Problem(string option, string text) => new(EnvironmentNames.Of("kafka." + option), text);

    internal static bool IsTrue(string value) => value.Equals("true", StringComparison.OrdinalIgnoreCase) || value is "t" or "1";

    /// <summary>Asks the library itself about name and value.</summary>
    private static string? Refuse(nint conf, string name, string value)
    {
        const int errorTextBytes = 512;
        byte* errorText = stackalloc byte[errorTextBytes];
        int result = NativeKafka.ConfSet(conf, name, value, errorText, errorTextBytes);
        return result switch
        {
            NativeKafka.ConfOk => null,
            NativeKafka.ConfUnknown => $"is not an option of librdkafka {KafkaLibrary.Version}",
            _ when Secrets.Contains(name) => "has a value that librdkafka refuses",
            // Without the value: a password that was set under another option's name must not be in the log.
            _ => $"is refused by librdkafka: {NativeKafka.Text(errorText).Replace($" \"{value}\"", "", StringComparison.Ordinal)}",
        };
    }

    private static void CheckOrder(Dictionary<string, string> options, Action<string, string> report)
    {
        if (options.TryGetValue("acks", out string? acks) && acks is not ("all" or "-1"))
        {
            report("acks", "must be all: a record that only the leader has can be lost after its position is confirmed to Postgres");
        }

        bool idempotent = !options.TryGetValue("enable.idempotence", out string? flag) || IsTrue(flag);
        bool hasInFlight = options.TryGetValue("max.in.flight.requests.per.connection", out string? text);
        long inFlight = hasInFlight && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long parsed) ? parsed : 1;
        if (!idempotent && inFlight > 1)
        {
            report("max.in.flight.requests.per.connection", "must be 1 when PENSTOCK_KAFKA_ENABLE_IDEMPOTENCE is false: with more, a retry is overtaken and records of a key change their order");
        }
        else if (idempotent && inFlight > 5)
        {
            report("max.in.flight.requests.per.connection", "must be at most 5: brokers keep the order of an idempotent producer for that many");
        }

        if (idempotent && options.TryGetValue("retries", out string? retries) && retries == "0")
        {
            report("retries", "must be at least 1 with the idempotent producer");
        }
    }

    /// <summary>librdkafka takes any text here, and refuses it, or misses what belongs to it, only when a client is made.</summary>
    private static void CheckMechanism(Dictionary<string, string> options, Action<string, string> report)
    {
        if (!options.TryGetValue("sasl.mechanism", out string? mechanism))
        {
            return;
        }

        if (!Mechanisms.Contains(mechanism))
        {
            report("sasl.mechanism", $"must be one of {string.Join(", ", Mechanisms)}");
            return;
        }

        bool isOidc = options.GetValueOrDefault("sasl.oauthbearer.method")?.Equals("oidc", StringComparison.OrdinalIgnoreCase) == true;
        string[] needed = mechanism switch
        {
            "PLAIN" or "SCRAM-SHA-256" or "SCRAM-SHA-512" => ["sasl.username", "sasl.password"],
            "OAUTHBEARER" when isOidc => ["sasl.oauthbearer.client.id", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.token.endpoint.url"],
            _ => [],
        };
        string[] missing = [.. needed.Where(name => !options.ContainsKey(name)).Select(static name => EnvironmentNames.Of("kafka." + name))];
        if (missing.Length > 0)
        {
            report("sasl.mechanism", $"is {mechanism}{(isOidc ? " by oidc" : "")}, which needs {string.Join(" and ", missing)}");
        }

        if (mechanism.StartsWith("SCRAM", StringComparison.Ordinal) && KafkaLibrary.Version < KafkaLibrary.FirstWithScramForKafka4)
        {
            report(
                "sasl.mechanism",
                $"is {mechanism}, which librdkafka {KafkaLibrary.Version} cannot do with current brokers: install librdkafka {KafkaLibrary.FirstWithScramForKafka4} or later, or publish with -p:UseSystemLibrdkafka=false");
        }
    }
}
