using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Snapshot;

/// <summary>Begins the COPY of one table in the snapshot's transaction, or says that the snapshot has to begin anew, because the table is not what the snapshot shows any more.</summary>
internal static class TableCopy
{
    /// <param name="connection">The snapshot's.</param>
    /// <param name="captured">The table.</param>
    /// <param name="request">Has the user's own SELECTs.</param>
    /// <param name="relation">The Relation message of its rows.</param>
    /// <exception cref="DatabaseException"><see cref="FailureClass.Unavailable"/> if the table has changed since the snapshot's moment.</exception>
    public static CopyRows Open(NpgsqlConnection connection, CapturedTable captured, SnapshotRequest request, out byte[] relation)
    {
        var table = Read(connection, captured, request);
        relation = table.RelationMessage;
        string? select = request.Selects.GetValueOrDefault(captured.Oid);
        try
        {
            return new CopyRows(connection.BeginRawBinaryCopy(table.CopySql(captured.Oid, select)), captured.Oid);
        }
        catch (PostgresException gone) when (select is null && gone.SqlState == PostgresErrorCodes.UndefinedColumn)
        {
            throw BeginAnew(captured, "altered");
        }
    }

    /// <summary>
    /// Locks the table against changes of its form, as the COPY will do anyway, and makes sure that there were none since the snapshot's moment. A rewrite (ALTER COLUMN TYPE, and others) is not
    /// versioned: the older snapshot would find the table empty, without an error. A TRUNCATE looks the same and costs a second attempt.
    /// </summary>
    private static SnapshotTable Read(NpgsqlConnection connection, CapturedTable captured, SnapshotRequest request)
    {
        try
        {
            // Takes the lock that LOCK TABLE would, of partitions too, but does with the right to read some columns only.
            connection.Execute($"SELECT FROM {captured.QuotedName} LIMIT 0");
        }
        catch (PostgresException gone) when (gone.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            throw BeginAnew(captured, "dropped or renamed");
        }

        var table = SnapshotTable.Read(connection, captured.Oid, request.Statements.GetValueOrDefault(captured.FullName), request.PublishedBy) ?? throw BeginAnew(captured, "dropped");
        return SnapshotTable.IsAsItWas(connection, captured.Oid) ? table : throw BeginAnew(captured, "altered, truncated or rewritten");
    }

    private static DatabaseException BeginAnew(CapturedTable table, string what) =>
        new(FailureClass.Unavailable, $"table {table.FullName} was {what} before the snapshot reached it: the snapshot has to begin anew.");
}
