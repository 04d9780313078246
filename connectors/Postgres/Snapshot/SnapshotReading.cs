using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Snapshot;

/// <summary>How far the reading of a snapshot's table is, as another session sees it: the server counts the rows of a COPY (pg_stat_progress_copy), and the statement's comment tells the table.</summary>
/// <param name="Table"><c>schema.table</c>.</param>
/// <param name="Rows">Rows that were read.</param>
/// <param name="EstimatedRows">How many there are, by the server's estimate; null where it has none.</param>
public sealed record SnapshotReading(string Table, long Rows, long? EstimatedRows)
{
    // Sessions of other users show no statement, and so no table.
    private const string Sql = """
        SELECT n.nspname || '.' || c.relname, p.tuples_processed, c.reltuples::bigint
        FROM pg_catalog.pg_stat_progress_copy p
        JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid
        JOIN pg_catalog.pg_class c ON c.oid = substring(a.query FROM '^COPY /\* penstock snapshot of ([0-9]{1,10}) \*/')::oid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE p.datname = pg_catalog.current_database()
        """;

    /// <summary>What stands in the statement that reads a table.</summary>
    internal static string Comment(uint oid) => $"/* penstock snapshot of {oid} */";

    /// <summary>The one that runs; null if there is none, or several, of which it cannot be told whose they are.</summary>
    internal static SnapshotReading? Find(NpgsqlConnection connection)
    {
        var found = connection.List(Sql, row => new SnapshotReading(row.GetString(0), row.GetInt64(1), row.GetInt64(2) is >= 0 and var rows ? rows : null));
        return found.Count == 1 ? found[0] : null;
    }
}
