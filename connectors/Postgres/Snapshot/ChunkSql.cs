using System.Globalization;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Snapshot;

/// <summary>The SELECT statements of an incremental snapshot. NULLs sort last, as everywhere in Postgres, so they are a key's largest values.</summary>
internal static class ChunkSql
{
    /// <summary>The largest key there is now, one text for each column; no row for an empty table.</summary>
    /// <param name="source">What stands behind FROM.</param>
    /// <param name="key">Columns of the walk.</param>
    /// <param name="condition">The signal's filter, or null.</param>
    public static string Maximum(string source, ChunkKey key, string? condition) =>
        $"SELECT {Texts(key)} FROM {source}{Where(condition, null)} ORDER BY {string.Join(", ", key.Columns.Select(c => $"{key.Name(c)} DESC"))} LIMIT 1";

    /// <summary>The next rows, in the order of the key: the fields, and behind them the key's own texts.</summary>
    /// <param name="fields">Expressions of the row.</param>
    /// <param name="source">What stands behind FROM.</param>
    /// <param name="key">Columns of the walk.</param>
    /// <param name="condition">The signal's filter, or null.</param>
    /// <param name="after">Key of the last row that was read; null for the first chunk.</param>
    /// <param name="maximum">The largest key when the walk began.</param>
    /// <param name="rows">How many.</param>
    public static string Chunk(string fields, string source, ChunkKey key, string? condition, string?[]? after, string?[] maximum, int rows)
    {
        string? bounds = after is null ? null : $"{Above(key, after)} AND {NotAbove(key, maximum)}";
        string limit = key.IsUnique ? $"LIMIT {Number(rows)}" : $"FETCH FIRST {Number(rows)} ROWS WITH TIES";
        return $"SELECT {fields}, {Texts(key)} FROM {source}{Where(condition, bounds)} ORDER BY {string.Join(", ", key.Columns.Select(c => key.Name(c)))} {limit}";
    }

    private static string Above(ChunkKey key, string?[] values) => IsPlain(key)
        ? $"{Row(key.Columns.Select(c => key.Name(c)))} > {Row(key.Columns.Select((c, i) => Value(c, values[i])))}"
        : $"({string.Join(" OR ", key.Columns.Select((_, i) => AboveAt(key, values, i)))})";

    // A comparison of rows can use the index, its negation could not.
    private static string NotAbove(ChunkKey key, string?[] values) => IsPlain(key)
        ? $"{Row(key.Columns.Select(c => key.Name(c)))} <= {Row(key.Columns.Select((c, i) => Value(c, values[i])))}"
        : $"NOT {Above(key, values)}";

    // Equal in the columns before, above in this one; nothing is above NULL, and NULL is above everything else.
    private static string AboveAt(ChunkKey key, string?[] values, int at)
    {
        var parts = key.Columns.Take(at).Select((c, i) => values[i] is null ? $"{key.Name(c)} IS NULL" : $"{key.Name(c)} = {Value(c, values[i])} IS TRUE");
        string name = key.Name(key.Columns[at]);
        string above = values[at] is null ? "FALSE" : $"({name} > {Value(key.Columns[at], values[at])} IS TRUE OR {name} IS NULL)";
        return $"({string.Join(" AND ", parts.Append(above))})";
    }

    private static bool IsPlain(ChunkKey key) => Array.TrueForAll(key.Columns, column => column.NotNull);

    private static string Row(IEnumerable<string> parts) => $"ROW({string.Join(", ", parts)})";

    private static string Value(CatalogColumn column, string? text) => text is null ? "NULL" : $"CAST({SqlName.Literal(text)} AS {column.Type})";

    private static string Texts(ChunkKey key) => string.Join(", ", key.Columns.Select(c => $"{key.Name(c)}::pg_catalog.text"));

    private static string Where(string? condition, string? bounds) => (condition, bounds) switch
    {
        (null, null) => "",
        (null, _) => $" WHERE {bounds}",
        // A line end behind the user's text, which may end in a comment.
        (_, null) => $" WHERE ({condition}\n)",
        _ => $" WHERE {bounds} AND ({condition}\n)",
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
