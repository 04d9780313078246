namespace Penstock.Kafka.Connection;

/// <summary>What the environment says about Kafka, as text: the input of <see cref="KafkaConnection.TryParse"/>.</summary>
public sealed record KafkaSettings
{
    /// <summary>The attachment's name: the variables are <c>KAFKA_URL</c>, <c>KAFKA_TRUSTED_CERT</c> and so on, or those of another attachment (<c>KAFKA_ADDON</c>).</summary>
    public string Attachment { get; init; } = "KAFKA";

    /// <summary>Comma list of <c>kafka://host:port</c>, <c>kafka+ssl://host:port</c> or <c>host:port</c>; or <c>embedded:</c>.</summary>
    public required string Url { get; init; }

    /// <summary>CA certificates, one or more: PEM, PEM with <c>\n</c> written out, or base64 of it.</summary>
    public string? TrustedCert { get; init; }

    /// <summary>Client certificate in the same forms.</summary>
    public string? ClientCert { get; init; }

    /// <summary>Private key of the client certificate in the same forms, not encrypted unless <c>ssl.key.password</c> is among the options.</summary>
    public string? ClientCertKey { get; init; }

    /// <summary>Put before names of topics and groups that do not begin with it.</summary>
    public string? Prefix { get; init; }

    /// <summary>librdkafka options under librdkafka's names; they win over the defaults here.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>The largest record the pipeline hands over, in bytes as <see cref="Sizes.SizeFilter"/> counts them.</summary>
    public int MaxRecordBytes { get; init; } = Sizes.SizeFilter.DefaultMaxRecordBytes;

    /// <summary>Name of the pipeline, shown by brokers in their logs and metrics.</summary>
    public string ClientId { get; init; } = "penstock";
}
