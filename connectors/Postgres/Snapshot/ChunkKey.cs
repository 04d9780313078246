using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Snapshot;

/// <summary>The columns by which an incremental snapshot walks through a table.</summary>
/// <param name="Columns">In the order of the walk.</param>
/// <param name="IsUnique">No two rows have the same values. Else rows of the same values must not be parted: the chunk takes them all.</param>
/// <param name="Table">The table's name.</param>
internal sealed record ChunkKey(CatalogColumn[] Columns, bool IsUnique, string Table)
{
    /// <summary>A column as the statements name it. With the table's name: a bare one in ORDER BY would mean the text of the same name that is selected.</summary>
    public string Name(CatalogColumn column) => $"{SqlName.Quote(Table)}.{SqlName.Quote(column.Name)}";

    /// <summary>
    /// The surrogate key of the signal, else the key that <c>message.key.columns</c> gives the table, else the primary key, else the first unique index by name without expressions
    /// (as the event key: capture A19). Null if there is none, or one of the columns is not there.
    /// </summary>
    public static ChunkKey? Of(CatalogTable table, string? surrogate, string[] messageKey)
    {
        string[] names = surrogate is not null ? [surrogate] : messageKey.Length > 0 ? messageKey : table.PrimaryKey.Length > 0 ? table.PrimaryKey : FirstUnique(table);
        CatalogColumn?[] columns = [.. names.Select(name => Array.Find(table.Columns, column => column.Name == name))];
        return names.Length == 0 || Array.Exists(columns, column => column is null) ? null : new ChunkKey(columns!, IsUniqueOn(table, columns!), table.Name);
    }

    /// <summary>
    /// What tells a row from all others when the stream speaks of it: the replica identity, which every update and delete carries; with FULL the primary key or a unique index, else
    /// nothing less than the whole row (empty).
    /// </summary>
    public static string[] Identity(CatalogTable table) => table.ReplicaIdentity switch
    {
        'i' => [.. table.UniqueIndexes.FirstOrDefault(index => index.IsReplicaIdentity)?.Columns.OfType<string>() ?? []],
        'f' when table.PrimaryKey.Length == 0 => table.UniqueIndexes.FirstOrDefault(index => IsStrict(table, index))?.Columns.OfType<string>().ToArray() ?? [],
        _ => table.PrimaryKey,
    };

    private static string[] FirstUnique(CatalogTable table) =>
        table.UniqueIndexes.FirstOrDefault(index => index.Columns.Length > 0 && Array.TrueForAll(index.Columns, column => column is not null))?.Columns.OfType<string>().ToArray() ?? [];

    private static bool IsUniqueOn(CatalogTable table, CatalogColumn[] columns) =>
        table.UniqueIndexes.Any(index => IsStrict(table, index) && Array.TrueForAll(index.Columns, name => Array.Exists(columns, column => column.Name == name)));

    // A partial index leaves rows out, and NULLs are never equal: neither makes rows unique.
    private static bool IsStrict(CatalogTable table, CatalogIndex index) => index.Predicate is null && index.Columns.Length > 0
        && Array.TrueForAll(index.Columns, name => name is not null && Array.Exists(table.Columns, column => column.Name == name && column.NotNull));
}
