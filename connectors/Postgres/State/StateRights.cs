using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.State;

/// <summary>Whether the user may keep the pipeline's state, found out without trying: looking changes nothing, and a refused statement would stand in the server's log at each start.</summary>
public static class StateRights
{
    /// <summary>The same over a connection of the pool.</summary>
    public static bool AreThere(SourceDatabase database)
    {
        using var connection = database.Open();
        return database.Translated(() => Missing(connection, database.Url)) is null;
    }

    /// <summary>What an administrator has to type so that the user may; null if it may.</summary>
    public static string? Missing(NpgsqlConnection connection, DatabaseUrl url)
    {
        string user = SqlName.Quote(url.User);
        if (!connection.True("SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'penstock')"))
        {
            return connection.True("SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')") ? null : $"CREATE SCHEMA penstock AUTHORIZATION {user};";
        }

        var table = connection.List(
            """
            SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_schema_privilege(n.oid, 'CREATE'), c.oid IS NOT NULL,
                   c.oid IS NOT NULL AND (SELECT bool_and(pg_catalog.has_table_privilege(c.oid, p)) FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p),
                   c.oid IS NOT NULL AND pg_catalog.pg_has_role(c.relowner, 'USAGE'),
                   ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
            FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = 'pipeline' WHERE n.nspname = 'penstock'
            """,
            r => (MayEnter: r.GetBoolean(0), MayCreate: r.GetBoolean(1), Exists: r.GetBoolean(2), MayWrite: r.GetBoolean(3), IsOwner: r.GetBoolean(4), Columns: r.GetFieldValue<string[]>(5)))[0];
        if (!table.Exists)
        {
            return table is { MayEnter: true, MayCreate: true } ? null : $"GRANT USAGE, CREATE ON SCHEMA penstock TO {user};";
        }

        if (!table.MayEnter || !table.MayWrite)
        {
            return $"GRANT USAGE ON SCHEMA penstock TO {user}; GRANT SELECT, INSERT, UPDATE, DELETE ON penstock.pipeline TO {user};";
        }

        return table.IsOwner || PipelineState.LaterColumns.All(column => table.Columns.Contains(column.Name)) ? null : PipelineState.AddLaterColumnsSql + ";";
    }

    /// <summary>What is not noticed without state: what an operator has to know before going on so.</summary>
    public const string Cost =
        "Without it nothing notices that the slot was dropped, made anew or moved, that the server is another one or was restored from a backup, or that a topic's partitions changed in between: "
        + "changes can then be missing without a word. A slot that exists counts as the proof of a complete snapshot, a snapshot that was asked for and cut off is forgotten, and 'pause' has no effect";
}
