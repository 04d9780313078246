namespace Penstock.Kafka.Topics;

/// <summary>How a <see cref="TopicCatalog"/> treats topics.</summary>
public sealed record TopicPolicy
{
    /// <summary>True: wait until a missing topic appears. False: say that it is missing after <see cref="GraceMs"/>.</summary>
    public bool WaitForMissing { get; init; }

    /// <summary>How long a topic may be missing: brokers that create topics on first use need a moment, and so does a creation on Heroku. In milliseconds.</summary>
    public int GraceMs { get; init; } = 5_000;

    /// <summary>How long brokers may be silent before <see cref="KafkaUnavailableException"/>, in milliseconds.</summary>
    public int ConnectTimeoutMs { get; init; } = 15_000;

    /// <summary>Partitions in the advice how to create a topic.</summary>
    public int AdvisedPartitions { get; init; } = 3;
}
