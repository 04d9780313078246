using System.Globalization;
using Confluent.Kafka;
using Penstock.Engine.Commands;
using Penstock.Engine.Configuration;
using Penstock.Kafka.Embedded;
using Penstock.Kafka.Native;

namespace Penstock.Kafka.Connection;

/// <summary>
/// One Kafka cluster as the settings describe it: makes the configuration of every client, and the names of topics and groups.
/// </summary>
/// <remarks><see cref="Open"/> before the first client; dispose after the last one.</remarks>
public sealed class KafkaConnection : IDisposable
{
    /// <summary>
    /// Default of <c>queue.buffering.max.kbytes</c>. librdkafka's own is 1 GB, twice a small container; 32 MB are a second at 30 MB/s, more than any linger needs.
    /// </summary>
    public const int DefaultQueueKilobytes = 32 * 1024;

    /// <summary>
    /// Default of <c>linger.ms</c>: a batch's first record waits for its last. A record costs librdkafka 0.4 us (docs/decisions/0002), so 0.2 ms are 500 records, more than a batch has at 100,000 rows/s; with 0
    /// the first record leaves alone, and the rest waits for its answer (docs/decisions/0012-a-batch-in-four-milliseconds.md).
    /// </summary>
    private const string DefaultLingerMs = "0.2";

    /// <summary>Default of <c>message.timeout.ms</c>: leader elections take 10 to 20 s, a broker's replacement a few minutes.</summary>
    public const int DefaultDeliveryTimeoutMs = 300_000;

    private const int LongestTopicCheckIntervalMs = 60_000;

    /// <summary>Options that a consumer or an administrator would warn about.</summary>
    private static readonly HashSet<string> ProducerOnly = new(StringComparer.Ordinal)
    {
        "acks", "enable.idempotence", "max.in.flight.requests.per.connection", "message.timeout.ms", "linger.ms", "retries", "retry.backoff.ms", "compression.type",
        "compression.level", "batch.num.messages", "batch.size", "queue.buffering.backpressure.threshold", "queue.buffering.max.kbytes",
        "queue.buffering.max.messages", "request.timeout.ms",
    };

    private readonly KafkaSettings _settings;
    private readonly Dictionary<string, string> _options;
    private readonly TlsMaterial _tls;
    private readonly BrokerList _brokers;
    private readonly SecurityProtocol _security;
    private CaFile? _caFile;

    private KafkaConnection(KafkaSettings settings, Dictionary<string, string> options, TlsMaterial tls, BrokerList brokers, SecurityProtocol security)
    {
        _settings = settings;
        _options = options;
        _tls = tls;
        _brokers = brokers;
        _security = security;
        Prefix = settings.Prefix?.Trim() ?? "";
        BootstrapServers = brokers.Servers;
        QueueBytes = 1024L * Number("queue.buffering.max.kbytes", DefaultQueueKilobytes);
        DeliveryTimeoutMs = Number("message.timeout.ms", DefaultDeliveryTimeoutMs);
        TopicCheckIntervalMs = Math.Clamp(Number("topic.metadata.refresh.interval.ms", LongestTopicCheckIntervalMs), 1_000, LongestTopicCheckIntervalMs);
        IsIdempotent = !options.TryGetValue("enable.idempotence", out string? flag) || KafkaOptions.IsTrue(flag);
    }

    /// <summary><c>host:port</c> list; of the embedded cluster after <see cref="Open"/>.</summary>
    public string BootstrapServers { get; private set; }

    /// <summary>Prefix of topics and groups, or "".</summary>
    public string Prefix { get; }

    /// <summary>True for <c>embedded:</c>.</summary>
    public bool IsEmbedded => _brokers.Scheme == BrokerScheme.Embedded;

    /// <summary>The embedded cluster after <see cref="Open"/>, else null.</summary>
    public EmbeddedCluster? Embedded { get; private set; }

    /// <summary>Brokers as on Heroku (<c>kafka+ssl://</c>): topics are created with its command line.</summary>
    public bool IsHeroku => _brokers.Scheme == BrokerScheme.Tls;

    /// <summary>Bytes librdkafka may queue for sending: a term of the memory bound.</summary>
    public long QueueBytes { get; }

    /// <summary>How long the oldest batch may make no progress before the producer reports failure, in milliseconds; 0 for ever.</summary>
    public int DeliveryTimeoutMs { get; }

    /// <summary>How often topics are looked at again, in milliseconds: a minute, or <c>topic.metadata.refresh.interval.ms</c> where that is less; not more often than each second.</summary>
    public int TopicCheckIntervalMs { get; }

    /// <summary>The producer may ask for a producer id.</summary>
    public bool IsIdempotent { get; }

    /// <summary>Things that are allowed but probably not meant.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>What is to be said of the certificates, where the connection uses them: those that ended, or end soon.</summary>
    /// <param name="now">The time of the look.</param>
    public IReadOnlyList<CheckFinding> LookAtCertificates(DateTimeOffset now) =>
        _security is SecurityProtocol.Ssl or SecurityProtocol.SaslSsl ? [.. _tls.Ends.Select(end => end.Look(now)).OfType<CheckFinding>()] : [];

    /// <summary>For the start log: brokers, protocol, prefix; no secrets.</summary>
    public string Description =>
        $"{(IsEmbedded ? "embedded bootstrap=" : "")}{BootstrapServers} {_security.ToString().ToLowerInvariant()}{(Prefix.Length > 0 ? $" prefix={Prefix}" : "")}";

    /// <summary>
    /// Checks all of the settings and reports every problem at once, without touching network or disk.
    /// </summary>
    /// <returns>The connection, or null if there are problems.</returns>
    public static KafkaConnection? TryParse(KafkaSettings settings, out IReadOnlyList<SettingProblem> problems)
    {
        var found = new List<SettingProblem>();
        if (!KafkaLibrary.TryLoad(out string libraryProblem))
        {
            // The options are checked by the library itself.
            problems = [new SettingProblem(settings.Attachment + "_URL", libraryProblem)];
            return null;
        }

        var urlProblems = new List<string>();
        var brokers = BrokerList.Parse(settings.Url, urlProblems);
        found.AddRange(urlProblems.Select(text => new SettingProblem(settings.Attachment + "_URL", text)));
        var tls = TlsMaterial.Read(settings, found);
        var options = KafkaOptions.Check(settings.Options, found);
        CheckMessageLimit(settings, options, found);
        var security = brokers is null ? SecurityProtocol.Plaintext : ChooseSecurity(brokers.Scheme, tls, options, found);
        problems = found;
        if (brokers is null || found.Count > 0)
        {
            return null;
        }

        bool encrypted = security is SecurityProtocol.Ssl or SecurityProtocol.SaslSsl;
        string name = settings.Attachment;
        return new KafkaConnection(settings, options, tls, brokers, security)
        {
            Warnings = !encrypted && tls.IsGiven
                ? [$"the certificates in {name}_TRUSTED_CERT and {name}_CLIENT_CERT are not used: {name}_URL does not say kafka+ssl://"]
                : [],
        };
    }

    /// <summary>Starts the embedded cluster and writes the certificate file, where there is one to start or to write.</summary>
    public void Open()
    {
        if (IsEmbedded && Embedded is null)
        {
            Embedded = EmbeddedCluster.Start(_brokers.EmbeddedPartitions, _brokers.EmbeddedBrokers);
            BootstrapServers = Embedded.BootstrapServers;
        }

        // ssl.ca.pem of librdkafka 2.0 loads the first certificate only; during a rotation the second is the one in use. A file is read whole by every version.
        if (_tls.CaCount > 1 && _caFile is null)
        {
            _caFile = CaFile.Write(_tls.CaPem!);
        }
    }

    /// <summary>The topic's name in the cluster: with <see cref="Prefix"/> before it unless it begins with it.</summary>
    public string Topic(string name) => WithPrefix(name);

    /// <summary>The consumer group's name in the cluster, by the same rule.</summary>
    public string Group(string name) => WithPrefix(name);

    /// <summary>Where and how to connect: for consumers and administration.</summary>
    public ClientConfig NewClientConfig()
    {
        if (BootstrapServers.Length == 0)
        {
            throw new InvalidOperationException("the embedded cluster is not started: call Open first");
        }

        var config = new ClientConfig
        {
            BootstrapServers = BootstrapServers,
            SecurityProtocol = _security,
            ClientId = _settings.ClientId,
            // A leader that has moved is found again within a second, a cluster that is down is not hammered.
            ReconnectBackoffMs = 100,
            ReconnectBackoffMaxMs = 5_000,
        };
        if (_security is SecurityProtocol.Ssl or SecurityProtocol.SaslSsl)
        {
            ApplyTls(config);
        }

        foreach ((string name, string value) in _options)
        {
            if (!ProducerOnly.Contains(name))
            {
                config.Set(name, value);
            }
        }

        return config;
    }

    /// <summary>Everything of a member of a consumer group whose offsets are kept elsewhere.</summary>
    /// <param name="group">The group; gets the prefix.</param>
    /// <param name="instance">Static member name, or null.</param>
    /// <param name="queueBytes">Bytes that may wait in the consumer's queue.</param>
    public ClientConfig NewConsumerConfig(string group, string? instance, long queueBytes)
    {
        var config = NewClientConfig();
        void Default(string name, string value)
        {
            if (!_options.ContainsKey(name))
            {
                config.Set(name, value);
            }
        }

        string kilobytes = Math.Max(1, queueBytes / 1024).ToString(CultureInfo.InvariantCulture);
        Default("queued.max.messages.kbytes", kilobytes);
        Default("queued.min.messages", "100000");
        Default("fetch.wait.max.ms", "100");
        if (KafkaLibrary.Version >= KafkaLibrary.FirstWithQueueBackoff)
        {
            Default("fetch.queue.backoff.ms", "20");
        }

        Default("fetch.max.bytes", Math.Max(1_048_576, queueBytes / 2).ToString(CultureInfo.InvariantCulture));
        Default("session.timeout.ms", "30000");
        // Rebalances are served while the database is waited for, so a process that does not poll for this long hangs.
        Default("max.poll.interval.ms", "300000");
        Default("topic.metadata.refresh.interval.ms", "30000");
        config.Set("group.id", Group(group));
        if (instance is not null)
        {
            config.Set("group.instance.id", instance);
        }

        config.Set("partition.assignment.strategy", "cooperative-sticky");
        config.Set("enable.auto.commit", "false");
        config.Set("enable.auto.offset.store", "false");
        config.Set("enable.partition.eof", "false");
        // What retention has removed is noticed and judged by a policy, not skipped.
        config.Set("auto.offset.reset", "error");
        return config;
    }

    /// <summary>Everything of a producer.</summary>
    /// <param name="idempotent">False after a broker has refused the producer id: order is then kept by one request at a time.</param>
    public ProducerConfig NewProducerConfig(bool idempotent)
    {
        var config = new ProducerConfig(NewClientConfig())
        {
            QueueBufferingMaxKbytes = DefaultQueueKilobytes,
            // The queue is bounded by bytes first; below 64 bytes a record this bounds librdkafka's own 200 to 300 bytes for each.
            QueueBufferingMaxMessages = 500_000,
            CompressionType = CompressionType.None,
            MessageMaxBytes = Math.Max(1000, _settings.MaxRecordBytes),
            // A broker measures whole batches against its limit, so a batch must not be larger than the largest record that is let through.
            BatchSize = Math.Min(1_000_000, _settings.MaxRecordBytes),
        };
        // Confluent.Kafka's property takes whole milliseconds only.
        config.Set("linger.ms", DefaultLingerMs);
        foreach ((string name, string value) in _options)
        {
            config.Set(name, value);
        }

        config.Acks = Acks.All;
        config.EnableIdempotence = idempotent;
        // A request that is refused for good stops the producer: without this, records behind it are sent and overtake it when it is sent again.
        config.Set("enable.gapless.guarantee", idempotent ? "true" : "false");
        if (!idempotent)
        {
            config.MaxInFlight = 1;
        }

        // The time-out is kept over whole batches (see DeliveryLedger): librdkafka's own gives up one record and goes on with those behind it.
        config.MessageTimeoutMs = 0;
        return config;
    }

    public void Dispose()
    {
        Embedded?.Dispose();
        Embedded = null;
        _caFile?.Dispose();
        _caFile = null;
    }

    private void ApplyTls(ClientConfig config)
    {
        config.EnableSslCertificateVerification = true;
        // Brokers on Heroku carry certificates that name no host; the chain is verified all the same.
        config.SslEndpointIdentificationAlgorithm =
            _brokers.Scheme == BrokerScheme.Tls ? SslEndpointIdentificationAlgorithm.None : SslEndpointIdentificationAlgorithm.Https;
        if (_tls.CaCount > 1)
        {
            config.SslCaLocation = _caFile?.Path ?? throw new InvalidOperationException("the certificates are not written: call Open first");
        }
        else if (_tls.CaPem is not null)
        {
            config.SslCaPem = _tls.CaPem;
        }

        if (_tls.CertificatePem is not null)
        {
            config.SslCertificatePem = _tls.CertificatePem;
            config.SslKeyPem = _tls.KeyPem;
        }
    }

    private string WithPrefix(string name) => Prefix.Length == 0 || name.StartsWith(Prefix, StringComparison.Ordinal) ? name : Prefix + name;

    private int Number(string option, int fallback) =>
        _options.TryGetValue(option, out string? text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : fallback;

    private static SecurityProtocol ChooseSecurity(BrokerScheme scheme, TlsMaterial tls, Dictionary<string, string> options, List<SettingProblem> problems)
    {
        bool sasl = options.ContainsKey("sasl.mechanism");
        bool encrypted = scheme == BrokerScheme.Tls || (scheme == BrokerScheme.None && tls.IsGiven);
        if (!options.Remove("security.protocol", out string? wanted))
        {
            return (encrypted, sasl) switch
            {
                (true, true) => SecurityProtocol.SaslSsl,
                (true, false) => SecurityProtocol.Ssl,
                (false, true) => SecurityProtocol.SaslPlaintext,
                _ => SecurityProtocol.Plaintext,
            };
        }

        var protocol = wanted.ToLowerInvariant() switch
        {
            "ssl" => SecurityProtocol.Ssl,
            "sasl_ssl" => SecurityProtocol.SaslSsl,
            "sasl_plaintext" => SecurityProtocol.SaslPlaintext,
            _ => SecurityProtocol.Plaintext,
        };
        if (scheme == BrokerScheme.Tls && protocol is not (SecurityProtocol.Ssl or SecurityProtocol.SaslSsl))
        {
            problems.Add(KafkaOptions.Problem("security.protocol", $"is {wanted}, but the brokers are given as kafka+ssl://: leave it out, or use sasl_ssl"));
        }

        return protocol;
    }

    private static void CheckMessageLimit(KafkaSettings settings, Dictionary<string, string> options, List<SettingProblem> problems)
    {
        if (options.TryGetValue("message.max.bytes", out string? text)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && bytes < settings.MaxRecordBytes)
        {
            problems.Add(KafkaOptions.Problem("message.max.bytes", $"is {bytes}, below max.record.bytes ({settings.MaxRecordBytes}): set PENSTOCK_MAX_RECORD_BYTES alone"));
        }
    }
}
