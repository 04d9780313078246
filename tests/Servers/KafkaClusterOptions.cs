namespace Penstock.Servers;

/// <summary>How a throwaway Kafka is set up.</summary>
public sealed record KafkaClusterOptions
{
    /// <summary>1 or 3; three have replication factor 3 and min.insync.replicas 2.</summary>
    public int Brokers { get; init; } = 1;

    /// <summary>Mutual TLS, no topic creation, rights on names with the prefix only: what Apache Kafka on Heroku shows an application.</summary>
    public bool Heroku { get; init; }

    /// <summary>Partitions of a topic whose creation does not say.</summary>
    public int Partitions { get; init; } = 1;

    /// <summary>Topics come into being on first use; null: as the profile has it (yes, Heroku no).</summary>
    public bool? AutoCreateTopics { get; init; }

    /// <summary>Heroku: the prefix of the application's topics and groups; "" as on dedicated plans; null: the script's default.</summary>
    public string? Prefix { get; init; }

    /// <summary>Heroku: 2 puts a retired CA before the real one, as during a rotation.</summary>
    public int CaCertificates { get; init; } = 1;

    /// <summary>Heap of each broker as java's -Xmx takes it.</summary>
    public string Heap { get; init; } = "512m";

    /// <summary>
    /// The port that the broker tells clients of its second listener, <see cref="KafkaCluster.ProxiedPort"/>: a proxy's, so that every connection of such a client passes it. One plain
    /// broker only. The first listener stays as it is, for tools and for whoever reads the topics.
    /// </summary>
    public int? AdvertisedPort { get; init; }

    /// <summary>Keep the brokers' data on a file system of their own of so many megabytes (a tmpfs: only a privileged process may mount one), so that a disk can be full.</summary>
    public int? DiskMb { get; init; }

    /// <summary>A user and password for a third listener that asks for them (SASL/PLAIN, no TLS), <see cref="KafkaCluster.SaslPort"/>. One plain broker only.</summary>
    public (string User, string Password)? SaslUser { get; init; }

    /// <summary>Other broker properties.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();
}
