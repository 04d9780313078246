using Penstock.Engine.Configuration;
using Penstock.Kafka.Connection;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>Where the database and the broker are: the variables that platforms set themselves.</summary>
internal static class ConnectionSettings
{
    private const string Group = "Connections";

    private static readonly SettingType<string> AttachmentName = SettingTypes.Matching("[A-Za-z_][A-Za-z0-9_]*", "the first part of a variable's name: letters, digits and underscores");

    public static readonly Setting<string> PostgresAddon = new("postgres.addon", Group, AttachmentName, "Which attached database to use: its variable is this name with _URL")
    {
        EnvironmentName = "POSTGRES_ADDON",
        Default = "DATABASE",
    };

    public static readonly Setting<string> KafkaAddon = new(
        "kafka.addon", Group, AttachmentName, "Which attached Kafka to use: its variables are this name with _URL, _TRUSTED_CERT, _CLIENT_CERT, _CLIENT_CERT_KEY and _PREFIX")
    {
        EnvironmentName = "KAFKA_ADDON",
        Default = "KAFKA",
    };

    public static readonly Setting<string> DatabaseUrl = new(
        "database.url",
        Group,
        SettingTypes.Checked("postgres://user:password@host:port/database?sslmode=..., special characters percent-encoded", static text => Postgres.Connection.DatabaseUrl.TryParse(text, Environment.GetEnvironmentVariable, out _, out var problem) ? null : problem),
        "The source database, directly and not through a connection pooler; the user needs the REPLICATION right")
    {
        EnvironmentName = "DATABASE_URL",
        Attachment = new SettingAttachment(PostgresAddon, "_URL"),
        IsRequired = true,
        IsSecret = true,
        Mask = Postgres.Connection.DatabaseUrlText.Masked,
    };

    public static readonly Setting<string?> DatabaseInitialStatements = new(
        "database.initial.statements",
        Group,
        new SettingType<string?>("SQL statements divided by ;, with ;; for a semicolon inside of one", static (string text, out string? value) => { value = text.Trim(); return null; }, static value => value ?? ""),
        "SQL that each ordinary connection to the source database begins with; connections that replicate cannot run any");

    public static readonly Setting<string> KafkaUrl = new(
        "kafka.url",
        Group,
        SettingTypes.Checked(
            "kafka+ssl://host:port or kafka://host:port, several separated by commas, or embedded: for a throwaway broker inside the process that keeps nothing",
            ProblemOfBrokers),
        "The Kafka brokers to start from")
    {
        EnvironmentName = "KAFKA_URL",
        Attachment = new SettingAttachment(KafkaAddon, "_URL"),
        IsRequired = true,
    };

    public static readonly Setting<string?> KafkaTrustedCert = new("kafka.trusted.cert", Group, SettingTypes.Pem("one or more certificates"), "The authorities that signed the brokers' certificates")
    {
        EnvironmentName = "KAFKA_TRUSTED_CERT",
        Attachment = new SettingAttachment(KafkaAddon, "_TRUSTED_CERT"),
        ComputedDefaultText = "the system's authorities",
        IsSecret = true,
    };

    public static readonly Setting<string?> KafkaClientCert = new("kafka.client.cert", Group, SettingTypes.Pem("a certificate"), "The certificate by which the brokers know this client")
    {
        EnvironmentName = "KAFKA_CLIENT_CERT",
        Attachment = new SettingAttachment(KafkaAddon, "_CLIENT_CERT"),
        IsSecret = true,
    };

    public static readonly Setting<string?> KafkaClientCertKey = new("kafka.client.cert.key", Group, SettingTypes.Pem("a private key without a password"), "The private key of KAFKA_CLIENT_CERT")
    {
        EnvironmentName = "KAFKA_CLIENT_CERT_KEY",
        Attachment = new SettingAttachment(KafkaAddon, "_CLIENT_CERT_KEY"),
        IsSecret = true,
    };

    public static readonly Setting<string> KafkaPrefix = new(
        "kafka.prefix", Group, SettingTypes.Matching("[A-Za-z0-9._-]{1,200}", "letters, digits, dots, underscores and dashes"), "Put before every topic name that does not begin with it (shared Kafka plans)")
    {
        EnvironmentName = "KAFKA_PREFIX",
        Attachment = new SettingAttachment(KafkaAddon, "_PREFIX"),
        Default = "",
        ComputedDefaultText = "no prefix",
    };

    public static IReadOnlyList<Setting> All { get; } =
        [DatabaseUrl, PostgresAddon, DatabaseInitialStatements, KafkaUrl, KafkaTrustedCert, KafkaClientCert, KafkaClientCertKey, KafkaPrefix, KafkaAddon];

    /// <summary>What shows only when these settings are looked at together.</summary>
    public static void CheckTogether(SettingValues values)
    {
        if (values.IsGiven(KafkaClientCert) != values.IsGiven(KafkaClientCertKey))
        {
            var (given, missing) = values.IsGiven(KafkaClientCert) ? (KafkaClientCert, KafkaClientCertKey) : (KafkaClientCertKey, KafkaClientCert);
            values.Reject(missing, $"is missing: it belongs to {values.EnvironmentNameOf(given)}, which is given");
        }
    }

    /// <summary>The statements of <see cref="DatabaseInitialStatements"/>.</summary>
    public static IReadOnlyList<string> Statements(string text)
    {
        // No SQL text has this character, so it can stand for the doubled semicolon while the single ones divide.
        const char Escaped = '\0';
        return [.. text.Replace(";;", $"{Escaped}", StringComparison.Ordinal)
            .Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(static statement => statement.Replace(Escaped, ';'))];
    }

    private static string? ProblemOfBrokers(string text)
    {
        var problems = new List<string>();
        BrokerList.Parse(text, problems);
        return problems.Count == 0 ? null : string.Join("; ", problems);
    }
}
