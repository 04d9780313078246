using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Wal;

/// <summary>What START_REPLICATION is to send.</summary>
/// <param name="SlotName">The slot.</param>
/// <param name="Publication">The publication.</param>
/// <param name="StartLsn">0: where the slot stands. A position before that is silently moved forward by the server.</param>
/// <param name="Parameters">Further plugin options (<c>slot.stream.params</c>), which win over the ones set here.</param>
public sealed record WalStreamRequest(string SlotName, string Publication, ulong StartLsn = 0, IReadOnlyDictionary<string, string>? Parameters = null)
{
    /// <summary>START_REPLICATION as the replication protocol writes it: option values are string literals.</summary>
    public string Command(int serverVersion)
    {
        var options = PluginOptions(serverVersion).Select(option => $"{Connection.SqlName.Quote(option.Key)} '{option.Value.Replace("'", "''", StringComparison.Ordinal)}'");
        return $"START_REPLICATION SLOT {Connection.SqlName.Quote(SlotName)} LOGICAL {new Lsn(StartLsn)} ({string.Join(", ", options)})";
    }

    /// <summary>
    /// Whether the server says that the publication is missing at this point of the WAL: up to PG 17 an error that ends the stream; from PG 18 on a mere warning, after
    /// which the stream goes on without the changes that the publication would have sent (pgoutput.c, LoadPublications).
    /// </summary>
    /// <remarks>The words depend on lc_messages; SQLSTATE and the name in them do not.</remarks>
    public bool IsPublicationMissing(PostgresException said) =>
        said.SqlState is PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.ObjectNotInPrerequisiteState
        && (said.SqlState == PostgresErrorCodes.UndefinedObject || said.InvariantSeverity == "WARNING")
        && said.MessageText.Contains($"\"{Publication}\"", StringComparison.Ordinal);

    /// <summary>What the user has to know and to do about it: the slot cannot be read past this point without losing changes.</summary>
    public DatabaseException PublicationMissing(PostgresException said, DatabaseUrl url) => new(
        FailureClass.Preflight,
        $"publication \"{Publication}\" does not exist where slot \"{SlotName}\" stands in the WAL of Postgres at {url.Host}:{url.Port}: it was dropped, or made after the slot, and what "
        + "was changed without it cannot be read from the slot. To begin anew with a snapshot, "
        + $"type: SELECT pg_drop_replication_slot({SqlName.Literal(SlotName)}); and start the pipeline again.",
        said.SqlState,
        said);

    /// <summary>pgoutput's options: protocol 1 (whole transactions in commit order), text values, logical messages where the server knows them (PG 14).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> PluginOptions(int serverVersion)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["proto_version"] = "1",
            // A list of quoted identifiers inside the literal
            ["publication_names"] = Connection.SqlName.Quote(Publication),
        };
        if (serverVersion >= 14)
        {
            options["messages"] = "true";
        }

        foreach (var (name, value) in Parameters ?? new Dictionary<string, string>())
        {
            options[name] = value;
        }

        return [.. options];
    }
}
