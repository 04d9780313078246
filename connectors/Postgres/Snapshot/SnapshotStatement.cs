using System.Data;
using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Snapshot;

/// <summary>A SELECT of the user's in place of a table's rows (<c>snapshot.select.statement.overrides</c>).</summary>
internal static class SnapshotStatement
{
    /// <summary>The statement as something to select from; it may end in a comment.</summary>
    public static string AsTable(string statement) => $"({statement}\n)";

    /// <summary>The names of the columns that the statement gives, with the OIDs of their types. Asks the server, which does not run it.</summary>
    /// <exception cref="DatabaseException">It is no SELECT, or its columns are not the table's.</exception>
    public static IReadOnlyDictionary<string, uint> Columns(NpgsqlConnection connection, CatalogTable table, string statement)
    {
        try
        {
            using var command = new NpgsqlCommand($"SELECT * FROM {AsTable(statement)} t", connection);
            using var reader = command.ExecuteReader(CommandBehavior.SchemaOnly);
            var columns = new Dictionary<string, uint>(StringComparer.Ordinal);
            for (int i = 0; i < reader.FieldCount; i++)
            {
                string name = reader.GetName(i);
                if (!columns.TryAdd(name, reader.GetDataTypeOID(i)))
                {
                    throw Wrong(table, $"it gives two columns {SqlName.Quote(name)}");
                }

                if (!table.Columns.Any(column => column.Name == name))
                {
                    throw Wrong(table, $"it gives a column {SqlName.Quote(name)}, which the table does not have");
                }
            }

            return columns;
        }
        catch (PostgresException refused) when (refused.SqlState.StartsWith("42", StringComparison.Ordinal))
        {
            throw Wrong(table, $"the server says: {refused.MessageText}", refused);
        }
    }

    private static DatabaseException Wrong(CatalogTable table, string reason, PostgresException? refused = null) => new(
        FailureClass.Preflight,
        $"the statement of snapshot.select.statement.overrides for table {table.Schema}.{table.Name} cannot be used: {reason}.",
        refused?.SqlState ?? "",
        refused);
}
