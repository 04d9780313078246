using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Apply;

/// <summary>
/// The statements that make a table what events want it to be. Only the key's columns are NOT NULL: a constraint that the source drops later would stop the copy.
/// </summary>
public static class TableDdl
{
    /// <summary>Makes the table.</summary>
    public static string Create(WantedTable table)
    {
        var parts = table.Columns.Select(column => Definition(column, withDefault: false)).ToList();
        if (table.Key.Count > 0)
        {
            parts.Add($"PRIMARY KEY ({string.Join(", ", table.Key.Select(SqlName.Quote))})");
        }

        return $"CREATE TABLE {Named(table)} ({string.Join(", ", parts)})";
    }

    /// <summary>Adds columns.</summary>
    public static string Add(WantedTable table, IEnumerable<WantedColumn> columns) =>
        $"ALTER TABLE {Named(table)} {string.Join(", ", columns.Select(column => $"ADD COLUMN {Definition(column, withDefault: true)}"))}";

    /// <summary>Makes the schema.</summary>
    public static string CreateSchema(string schema) => $"CREATE SCHEMA IF NOT EXISTS {SqlName.Quote(schema)}";

    /// <summary>The table's name, quoted.</summary>
    internal static string Named(WantedTable table) => table.Schema.Length == 0 ? SqlName.Quote(table.Name) : SqlName.Qualified(table.Schema, table.Name);

    private static string Definition(WantedColumn column, bool withDefault) =>
        $"{SqlName.Quote(column.Name)} {column.Type}{(withDefault && column.Default.Length > 0 ? $" DEFAULT {column.Default}" : "")}";
}
