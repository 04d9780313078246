using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Verify;

/// <summary>A column as one side has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as SQL writes it.</param>
/// <param name="IsBuiltIn">The type is one of Postgres' own, which every server has.</param>
/// <param name="KeyPlace">Its place in the primary key, from 1; 0 outside of it.</param>
public sealed record ComparedColumn(string Name, string Type, bool IsBuiltIn, int KeyPlace);

/// <summary>A table as one side has it.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="Columns">All columns that are there.</param>
public sealed record ComparedTable(string Schema, string Name, IReadOnlyList<ComparedColumn> Columns)
{
    private const string Sql = """
        SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), n.nspname = 'pg_catalog', coalesce(pg_catalog.array_position(i.indkey::int2[], a.attnum), -1)
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
        WHERE s.nspname = @schema AND c.relname = @name AND c.relkind IN ('r', 'p')
        ORDER BY a.attnum
        """;

    /// <summary>For SQL.</summary>
    public string QuotedName => SqlName.Qualified(Schema, Name);

    /// <summary>The primary key, in its order.</summary>
    public IReadOnlyList<ComparedColumn> Key => [.. Columns.Where(column => column.KeyPlace > 0).OrderBy(column => column.KeyPlace)];

    /// <summary>Reads what the catalogue says; null if there is no such table.</summary>
    public static ComparedTable? Read(NpgsqlConnection connection, string schema, string name)
    {
        // An int2vector counts from 0.
        var columns = connection.List(Sql, r => new ComparedColumn(r.GetString(0), r.GetString(1), r.GetBoolean(2), r.GetInt32(3) + 1), ("schema", schema), ("name", name));
        return columns.Count == 0 ? null : new ComparedTable(schema, name, columns);
    }
}
