using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Penstock.Servers;

/// <summary>
/// Real Kafka brokers on 127.0.0.1 in a temporary folder, run by the script <see cref="KafkaHome"/> finds (its <c>kafka help</c> explains what the methods do).
/// Disposing kills the brokers and removes the folder; a <see cref="Sitter"/> does so if this process is killed.
/// A class archive named by <c>KAFKA_ARCHIVE</c> halves the start (two seconds instead of four).
/// </summary>
public sealed class KafkaCluster : IAsyncDisposable
{
    // The script's own limit for a start is 120 s.
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan PortLimit = TimeSpan.FromMinutes(2);

    private readonly string _script;
    private readonly TemporaryFolder _folder = new("kafka");
    private readonly Sitter _sitter;

    private KafkaCluster(string script, KafkaClusterOptions options)
    {
        _script = script;
        Options = options;
        // Repeated: a start that was under way when this process ended may bring up its broker after the first stop.
        _sitter = new Sitter("""for try in 1 2 3 4 5; do "$1" stop --dir "$2" --delete; umount "$2"; rm -rf -- "$2" && sleep 2; [ -e "$2" ] || exit 0; done""", script, Folder);
    }

    /// <summary>True if a real Kafka can be started here; <see cref="UnavailableReason"/> says what is missing.</summary>
    public static bool IsAvailable => KafkaHome.Find(out _) is not null;

    /// <summary>What is missing, or "".</summary>
    public static string UnavailableReason => KafkaHome.Find(out string reason) is null ? reason : "";

    public KafkaClusterOptions Options { get; }

    /// <summary>The cluster's folder: brokerN/server.log, tls/, heroku.env.</summary>
    public string Folder => _folder.FullPath;

    /// <summary>127.0.0.1:P1,127.0.0.1:P2,...</summary>
    public string Bootstrap { get; private set; } = "";

    /// <summary>Where the broker listens for those who come through the proxy of <see cref="KafkaClusterOptions.AdvertisedPort"/>; 0 without one.</summary>
    public int ProxiedPort { get; private set; }

    /// <summary>Where the broker listens for the user of <see cref="KafkaClusterOptions.SaslUser"/>; 0 without one.</summary>
    public int SaslPort { get; private set; }

    /// <summary>Of the Heroku profile: KAFKA_URL, KAFKA_TRUSTED_CERT, KAFKA_CLIENT_CERT, KAFKA_CLIENT_CERT_KEY, KAFKA_PREFIX. Of the plain one: KAFKA_URL.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; private set; } = new Dictionary<string, string>();

    /// <summary>Starts brokers and returns when they serve clients.</summary>
    public static async Task<KafkaCluster> CreateAsync(KafkaClusterOptions? options = null)
    {
        string script = KafkaHome.Find(out string reason) ?? throw new ServerException(reason);
        KafkaCluster cluster = new(script, options ?? new KafkaClusterOptions());
        try
        {
            if (cluster.Options.DiskMb is { } megabytes)
            {
                await Command.RunAsync(["mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0700", "penstock-kafka", cluster.Folder], CommandLimit).ConfigureAwait(false);
            }
            await cluster.FormatAndStartAsync().ConfigureAwait(false);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts the brokers that are down, with their data and on their ports, which a test of another process may have taken meanwhile: it is waited for.</summary>
    public async Task StartAsync()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await RunAsync("start").ConfigureAwait(false);
                return;
            }
            catch (ServerException taken) when (taken.Message.Contains("is taken by another process", StringComparison.Ordinal) && waited.Elapsed < PortLimit)
            {
                await Task.Delay(1000).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A clean shutdown of one broker (1, 2, 3) or of all.</summary>
    public Task StopAsync(int? broker = null) => RunAsync("stop", broker);

    /// <summary>SIGKILL.</summary>
    public Task KillAsync(int? broker = null) => RunAsync("kill", broker);

    public Task RestartAsync(int? broker = null) => RunAsync("restart", broker);

    /// <summary>SIGSTOP: connections stay open and nothing answers.</summary>
    public Task PauseAsync(int? broker = null) => RunAsync("pause", broker);

    public Task ContinueAsync(int? broker = null) => RunAsync("continue", broker);

    /// <summary>Runs one of the script's tools (topics, configs, acls, ...) as an administrator.</summary>
    public Task RunToolAsync(string tool, params IReadOnlyList<string> arguments) => Command.RunAsync([_script, tool, "--dir", Folder, .. arguments], CommandLimit);

    /// <summary>Removes what stands before an offset, as retention does.</summary>
    public async Task DeleteRecordsAsync(string topic, int partition, long beforeOffset)
    {
        string file = Path.Combine(Folder, "delete-records.json");
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $$"""{"version":1,"partitions":[{"topic":"{{topic}}","partition":{{partition}},"offset":{{beforeOffset}}}]}""")).ConfigureAwait(false);
        // Confluent.Kafka's own waits for ever with librdkafka 2.0.
        await Command.RunAsync([_script, "class", "org.apache.kafka.tools.DeleteRecordsCommand", "--bootstrap-server", Bootstrap, "--offset-json-file", file], CommandLimit).ConfigureAwait(false);
    }

    /// <summary>Makes the disk of <see cref="KafkaClusterOptions.DiskMb"/> larger.</summary>
    public Task EnlargeDiskAsync(int megabytes) => Command.RunAsync(["mount", "-o", $"remount,size={megabytes}m", Folder], CommandLimit);

    /// <summary>librdkafka's settings of an administrator with all rights; <see cref="ClientSettings"/> are those of the application.</summary>
    public IReadOnlyDictionary<string, string> AdminSettings() => Options.Heroku
        ? TlsSettings(File.ReadAllText(Path.Combine(Folder, "tls/ca.pem")), File.ReadAllText(Path.Combine(Folder, "tls/admin.crt")), File.ReadAllText(Path.Combine(Folder, "tls/admin.key")))
        : new Dictionary<string, string> { ["bootstrap.servers"] = Bootstrap };

    /// <summary>librdkafka's settings of the application.</summary>
    public IReadOnlyDictionary<string, string> ClientSettings() => Options.Heroku
        ? TlsSettings(Environment["KAFKA_TRUSTED_CERT"], Environment["KAFKA_CLIENT_CERT"], Environment["KAFKA_CLIENT_CERT_KEY"])
        : AdminSettings();

    /// <summary>Creates a topic and waits until the brokers tell of it.</summary>
    public async Task CreateTopicAsync(string name, int partitions = 1, IReadOnlyDictionary<string, string>? settings = null)
    {
        SystemLibrdkafka.Use();
        using IAdminClient admin = new AdminClientBuilder(AdminSettings()).Build();
        TopicSpecification topic = new()
        {
            Name = name,
            NumPartitions = partitions,
            ReplicationFactor = (short)Options.Brokers,
            Configs = settings?.ToDictionary(),
        };
        await admin.CreateTopicsAsync([topic]).ConfigureAwait(false);
        for (int attempt = 0; attempt < 100; attempt++)
        {
            TopicMetadata? seen = admin.GetMetadata(name, TimeSpan.FromSeconds(10)).Topics.FirstOrDefault();
            if (seen is { Error.IsError: false } && seen.Partitions.Count == partitions && seen.Partitions.All(p => p.Leader >= 0))
            {
                return;
            }
            await Task.Delay(50).ConfigureAwait(false);
        }
        throw new ServerException($"topic '{name}' was created but has no leaders after 5 s");
    }

    /// <summary>Deletes topics; the brokers free their files a little later.</summary>
    public async Task DeleteTopicsAsync(IReadOnlyList<string> names)
    {
        SystemLibrdkafka.Use();
        using IAdminClient admin = new AdminClientBuilder(AdminSettings()).Build();
        await admin.DeleteTopicsAsync(names).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Folder, "cluster.conf")))
        {
            await Command.RunAsync([_script, "stop", "--dir", Folder, "--delete"], CommandLimit).ConfigureAwait(false);
        }
        if (Options.DiskMb is not null)
        {
            // A broker that was just killed holds its files for a moment more.
            await Command.RunAsync(
                ["sh", "-c", "for try in 1 2 3 4 5 6 7 8 9 10; do umount \"$1\" 2>/dev/null && exit; mountpoint -q \"$1\" || exit 0; sleep 1; done; umount -l \"$1\"", "umount", Folder], CommandLimit).ConfigureAwait(false);
        }
        _folder.Dispose();
        _sitter.Dispose();
    }

    private async Task FormatAndStartAsync()
    {
        List<string> arguments =
        [
            _script, "start", "--dir", Folder, "--fast-start", "--heap", Options.Heap, "--profile", Options.Heroku ? "heroku" : "plain",
            "--brokers", Options.Brokers.ToString(CultureInfo.InvariantCulture), "--partitions", Options.Partitions.ToString(CultureInfo.InvariantCulture),
        ];
        if (Options.AutoCreateTopics is { } create)
        {
            arguments.AddRange(["--auto-create", create ? "true" : "false"]);
        }
        if (Options.Heroku)
        {
            arguments.AddRange(["--ca-certs", Options.CaCertificates.ToString(CultureInfo.InvariantCulture)]);
            arguments.AddRange(Options.Prefix is { } prefix ? ["--prefix", prefix] : []);
        }
        int port = FreePort.Find(consecutive: 3);
        if (Options.AdvertisedPort is not null)
        {
            ProxiedPort = port + 2;
            arguments.AddRange(["--port", port.ToString(CultureInfo.InvariantCulture)]);
        }
        if (Options.SaslUser is not null)
        {
            SaslPort = port + 2;
            arguments.AddRange(["--port", port.ToString(CultureInfo.InvariantCulture)]);
        }
        foreach ((string name, string value) in Proxied(port).Concat(WithPassword(port)).Concat(Options.Properties))
        {
            arguments.AddRange(["--set", $"{name}={value}"]);
        }
        Dictionary<string, string> printed = ShellVariables.Parse(await Command.RunAsync(arguments, CommandLimit).ConfigureAwait(false));
        Bootstrap = printed["KAFKA_BOOTSTRAP"];
        Environment = Options.Heroku
            ? ShellVariables.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, "heroku.env")).ConfigureAwait(false))
            : new Dictionary<string, string> { ["KAFKA_URL"] = Bootstrap };
    }

    // The script's own two ports and a third: one list of listeners replaces the other.
    private Dictionary<string, string> Proxied(int port)
    {
        if (Options.AdvertisedPort is not { } advertised)
        {
            return [];
        }
        return new Dictionary<string, string>
        {
            ["listeners"] = string.Create(CultureInfo.InvariantCulture, $"PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{ProxiedPort},CONTROLLER://127.0.0.1:{port + 1}"),
            ["advertised.listeners"] = string.Create(CultureInfo.InvariantCulture, $"PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{advertised}"),
            ["listener.security.protocol.map"] = "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
        };
    }

    private Dictionary<string, string> WithPassword(int port)
    {
        if (Options.SaslUser is not { } user)
        {
            return [];
        }
        string listeners = string.Create(CultureInfo.InvariantCulture, $"PLAINTEXT://127.0.0.1:{port},SASL://127.0.0.1:{SaslPort}");
        return new Dictionary<string, string>
        {
            ["listeners"] = string.Create(CultureInfo.InvariantCulture, $"{listeners},CONTROLLER://127.0.0.1:{port + 1}"),
            ["advertised.listeners"] = listeners,
            ["listener.security.protocol.map"] = "PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            ["listener.name.sasl.sasl.enabled.mechanisms"] = "PLAIN",
            ["listener.name.sasl.plain.sasl.jaas.config"] = $"org.apache.kafka.common.security.plain.PlainLoginModule required user_{user.User}=\"{user.Password}\";",
        };
    }

    private async Task RunAsync(string command, int? broker = null)
    {
        string[] which = broker is { } number ? ["--broker", number.ToString(CultureInfo.InvariantCulture)] : [];
        await Command.RunAsync([_script, command, "--dir", Folder, .. which], CommandLimit).ConfigureAwait(false);
    }

    private Dictionary<string, string> TlsSettings(string trusted, string certificate, string key) => new()
    {
        ["bootstrap.servers"] = Bootstrap,
        ["security.protocol"] = "ssl",
        ["ssl.ca.pem"] = trusted,
        ["ssl.certificate.pem"] = certificate,
        ["ssl.key.pem"] = key,
        // The brokers' certificate names no host, as on Heroku: the chain is verified, the name is not.
        ["ssl.endpoint.identification.algorithm"] = "none",
    };
}
