using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Catalog;

/// <param name="Kind">As pg_class.relreplident: d, n, f, i.</param>
/// <param name="Index">Name of the index for i, else null.</param>
public sealed record WantedIdentity(char Kind, string? Index)
{
    /// <summary>What follows REPLICA IDENTITY.</summary>
    public string Sql => Kind switch
    {
        'f' => "FULL",
        'n' => "NOTHING",
        'i' => $"USING INDEX {SqlName.Quote(Index!)}",
        _ => "DEFAULT",
    };
}

/// <summary><c>replica.identity.autoset.values</c>: gives tables the replica identity that is wanted of them.</summary>
public static class ReplicaIdentities
{
    /// <summary>ALTER TABLE waits for every transaction that uses the table, and everybody behind it waits too: after this long it is given up.</summary>
    private const string LockTimeout = "5s";

    private const string IndexSql = """
        SELECT ic.relname::text FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class ic ON ic.oid = x.indexrelid
        WHERE x.indrelid = CAST(@oid AS oid) AND x.indisreplident
        """;

    /// <summary>Alters the table unless it is as wanted. A refusal is told and does not end the start: Debezium goes on as well.</summary>
    /// <returns>A line for the log and whether it is a failure; null if nothing was to do.</returns>
    public static (string Line, bool Failed)? Set(NpgsqlConnection connection, CapturedTable table, WantedIdentity wanted)
    {
        if (table.ReplicaIdentity == wanted.Kind
            && (wanted.Index is null || connection.Text(IndexSql, ("oid", (long)table.Oid)) == wanted.Index))
        {
            return null;
        }

        try
        {
            connection.Execute($"BEGIN; SET LOCAL lock_timeout = '{LockTimeout}'; ALTER TABLE {table.QuotedName} REPLICA IDENTITY {wanted.Sql}; COMMIT");
            return ($"replica identity of table {table.FullName} is now {wanted.Sql}", false);
        }
        catch (PostgresException refused)
        {
            connection.Execute("ROLLBACK");
            return ($"replica identity of table {table.FullName} could not be set: {refused.MessageText}. As its owner, type: ALTER TABLE {table.QuotedName} REPLICA IDENTITY {wanted.Sql};", true);
        }
    }

    /// <summary>The table as it will be once it is altered, for checks that come before.</summary>
    public static CapturedTable With(CapturedTable table, WantedIdentity wanted) =>
        table with { ReplicaIdentity = wanted.Kind, HasIdentityIndex = wanted.Kind == 'i' || table.HasIdentityIndex };
}
