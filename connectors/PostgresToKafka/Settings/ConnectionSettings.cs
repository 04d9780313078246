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

    public static readonly Setting<string?> VerifyDatabaseUrl = new(
        "verify.database.url",
        Group,
        new SettingType<string?>(
            "a URL as DATABASE_URL's",
            static (string text, out string? value) => Postgres.Connection.DatabaseUrl.TryParse(value = text, Environment.GetEnvironmentVariable, out _, out var problem) ? null : problem,
            static value => value ?? ""),
        "The sink's database, with which the command verify compares; nothing else uses it")
    {
        IsSecret = true,
        Mask = Postgres.Connection.DatabaseUrlText.Masked,
    };

    public static IReadOnlyList<Setting> All { get; } =
        [DatabaseUrl, PostgresAddon, DatabaseInitialStatements, VerifyDatabaseUrl, .. BrokerSettings.All];

    /// <summary>The statements of <see cref="DatabaseInitialStatements"/>.</summary>
    public static IReadOnlyList<string> Statements(string text)
    {
        // No SQL text has this character, so it can stand for the doubled semicolon while the single ones divide.
        const char Escaped = '\0';
        return [.. text.Replace(";;", $"{Escaped}", StringComparison.Ordinal)
            .Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(static statement => statement.Replace(Escaped, ';'))];
    }
}
