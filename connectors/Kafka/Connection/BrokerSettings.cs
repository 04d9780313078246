using Penstock.Engine.Configuration;

namespace Penstock.Kafka.Connection;

/// <summary>Where the brokers are: the variables that platforms set themselves, the same for every pipeline.</summary>
public static class BrokerSettings
{
    private const string Group = "Connections";

    private static readonly SettingType<string> AttachmentName = SettingTypes.Matching("[A-Za-z_][A-Za-z0-9_]*", "the first part of a variable's name: letters, digits and underscores");

    public static readonly Setting<string> Addon = new(
        "kafka.addon", Group, AttachmentName, "Which attached Kafka to use: its variables are this name with _URL, _TRUSTED_CERT, _CLIENT_CERT, _CLIENT_CERT_KEY and _PREFIX")
    {
        EnvironmentName = "KAFKA_ADDON",
        Default = "KAFKA",
    };

    public static readonly Setting<string> Url = new(
        "kafka.url",
        Group,
        SettingTypes.Checked(
            "kafka+ssl://host:port or kafka://host:port, several separated by commas, or embedded: for a throwaway broker inside the process that keeps nothing",
            ProblemOfBrokers),
        "The Kafka brokers to start from")
    {
        EnvironmentName = "KAFKA_URL",
        Attachment = new SettingAttachment(Addon, "_URL"),
        IsRequired = true,
    };

    public static readonly Setting<string?> TrustedCert = new("kafka.trusted.cert", Group, SettingTypes.Pem("one or more certificates"), "The authorities that signed the brokers' certificates")
    {
        EnvironmentName = "KAFKA_TRUSTED_CERT",
        Attachment = new SettingAttachment(Addon, "_TRUSTED_CERT"),
        ComputedDefaultText = "the system's authorities",
        IsSecret = true,
    };

    public static readonly Setting<string?> ClientCert = new("kafka.client.cert", Group, SettingTypes.Pem("a certificate"), "The certificate by which the brokers know this client")
    {
        EnvironmentName = "KAFKA_CLIENT_CERT",
        Attachment = new SettingAttachment(Addon, "_CLIENT_CERT"),
        IsSecret = true,
    };

    public static readonly Setting<string?> ClientCertKey = new("kafka.client.cert.key", Group, SettingTypes.Pem("a private key without a password"), "The private key of KAFKA_CLIENT_CERT")
    {
        EnvironmentName = "KAFKA_CLIENT_CERT_KEY",
        Attachment = new SettingAttachment(Addon, "_CLIENT_CERT_KEY"),
        IsSecret = true,
    };

    public static readonly Setting<string> Prefix = new(
        "kafka.prefix", Group, SettingTypes.Matching("[A-Za-z0-9._-]{1,200}", "letters, digits, dots, underscores and dashes"), "Put before every topic name that does not begin with it (shared Kafka plans)")
    {
        EnvironmentName = "KAFKA_PREFIX",
        Attachment = new SettingAttachment(Addon, "_PREFIX"),
        Default = "",
        ComputedDefaultText = "no prefix",
    };

    /// <summary>All of them, in the order of help.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Url, TrustedCert, ClientCert, ClientCertKey, Prefix, Addon];

    /// <summary>What shows only when these settings are looked at together.</summary>
    public static void CheckTogether(SettingValues values)
    {
        if (values.IsGiven(ClientCert) != values.IsGiven(ClientCertKey))
        {
            var (given, missing) = values.IsGiven(ClientCert) ? (ClientCert, ClientCertKey) : (ClientCertKey, ClientCert);
            values.Reject(missing, $"is missing: it belongs to {values.EnvironmentNameOf(given)}, which is given");
        }
    }

    private static string? ProblemOfBrokers(string text)
    {
        var problems = new List<string>();
        BrokerList.Parse(text, problems);
        return problems.Count == 0 ? null : string.Join("; ", problems);
    }
}
