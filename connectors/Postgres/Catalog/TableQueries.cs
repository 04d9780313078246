using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Catalog;

/// <summary>SQL over pg_class, pg_attribute and pg_index. Every name is schema-qualified: nothing in a search_path can stand in between.</summary>
internal static class TableQueries
{
    private const string TableSql = """
        SELECT n.nspname::text, c.relname::text, c.relkind::text, c.relreplident::text, c.relispartition, i.inhparent::bigint
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
        WHERE c.oid = CAST(@oid AS oid)
        """;

    // From PG 18 on NOT NULL may be NOT VALID: rows from before it may hold nulls.
    private const string ColumnSql = """
        SELECT a.attname::text, a.attnum::int, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid::bigint, a.atttypmod,
               a.attnotnull AND NOT EXISTS (
                   SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey[1] = a.attnum AND NOT k.convalidated),
               a.attidentity::text, a.attgenerated::text,
               pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attndims::int
        FROM pg_catalog.pg_attribute a
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = CAST(@oid AS oid) AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
        """;

    // One row for each key column; INCLUDE columns (beyond indnkeyatts) are not part of the key. Columns of an index in key order, expressions as NULL.
    private const string IndexSql = """
        SELECT ic.relname::text, x.indisreplident, x.indisprimary, pg_catalog.pg_get_expr(x.indpred, x.indrelid), a.attname::text
        FROM pg_catalog.pg_index x
        JOIN pg_catalog.pg_class ic ON ic.oid = x.indexrelid
        CROSS JOIN LATERAL pg_catalog.generate_series(0, x.indnkeyatts - 1) AS k(at)
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k.at] AND a.attnum > 0
        WHERE x.indrelid = CAST(@oid AS oid) AND x.indisunique AND x.indisvalid
        ORDER BY ic.relname COLLATE "C", x.indexrelid, k.at
        """;

    public static CatalogTable? ReadTable(NpgsqlConnection connection, uint oid)
    {
        var parameter = ("oid", (object)(long)oid);
        var table = connection.List(
            TableSql,
            r => new CatalogTable(
                oid,
                r.GetString(0),
                r.GetString(1),
                r.GetString(2)[0],
                r.GetString(3)[0],
                r.GetBoolean(4),
                r.IsDBNull(5) ? null : (uint)r.GetInt64(5),
                [],
                [],
                []),
            parameter).FirstOrDefault();
        if (table is null)
        {
            return null;
        }

        var columns = connection.List(ColumnSql, ReadColumn, parameter);
        var indexes = ReadIndexes(connection, parameter);
        return table with
        {
            Columns = [.. columns],
            PrimaryKey = [.. indexes.FirstOrDefault(i => i.IsPrimary)?.Columns.OfType<string>() ?? []],
            UniqueIndexes = [.. indexes],
        };
    }

    private static CatalogColumn ReadColumn(NpgsqlDataReader r) => new(
        r.GetString(0),
        r.GetInt32(1),
        r.GetString(2),
        (uint)r.GetInt64(3),
        r.GetInt32(4),
        r.GetBoolean(5),
        Flag(r.GetString(6)),
        Flag(r.GetString(7)),
        r.TextOrNull(8),
        r.GetInt32(9));

    // A "char" of zero reads as the empty string or as a zero byte, depending on the path.
    private static string Flag(string text) => text.Trim('\0');

    private static List<CatalogIndex> ReadIndexes(NpgsqlConnection connection, (string Name, object Value) parameter)
    {
        var rows = connection.List(
            IndexSql,
            r => (Name: r.GetString(0), ReplicaIdentity: r.GetBoolean(1), Primary: r.GetBoolean(2), Predicate: r.TextOrNull(3), Column: r.TextOrNull(4)),
            parameter);
        return rows
            .GroupBy(r => r.Name)
            .Select(g => new CatalogIndex(g.Key, g.First().ReplicaIdentity, g.First().Primary, g.First().Predicate, [.. g.Select(r => r.Column)]))
            .ToList();
    }
}
