using Penstock.Debezium.Values;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>Which columns are a table's key in its events.</summary>
public static class EventKeys
{
    /// <summary>
    /// <c>message.key.columns</c>, else the primary key, else the first unique index by name. In Debezium that may be a partial one, or one on nullable columns (capture A19), so that several
    /// rows share a key; <see cref="CompatMode.Correct"/> takes only those that tell every row from the others. Expressions are no key.
    /// </summary>
    /// <returns>Column names; empty for a table without a key.</returns>
    internal static string[] Columns(EventFormat format, Relation relation, CatalogTable? table)
    {
        if (format.MessageKeys.Find(relation.Schema, relation.Name, relation.Columns.Select(c => c.Name)) is { Length: > 0 } own)
        {
            return own;
        }

        // REPLICA IDENTITY FULL flags every column: that is no key.
        return table is not null ? Columns(table, format.Values.Compat)
            : relation.ReplicaIdentity == 'f' ? [] : [.. relation.Columns.Where(c => c.IsKey).Select(c => c.Name)];
    }

    /// <summary>
    /// The key columns of a table whose values the server does not send with a delete or with a change of the key; empty where it sends all.
    /// </summary>
    /// <param name="format">All options.</param>
    /// <param name="table">The table as the catalogue has it.</param>
    public static string[] OutsideOfIdentity(EventFormat format, CatalogTable table)
    {
        string?[] identity = table.ReplicaIdentity switch
        {
            'd' => table.PrimaryKey,
            'i' => table.UniqueIndexes.FirstOrDefault(i => i.IsReplicaIdentity)?.Columns ?? [],
            _ => [],
        };
        string[] key = format.MessageKeys.Find(table.Schema, table.Name, table.Columns.Select(c => c.Name)) is { Length: > 0 } own ? own : Columns(table, format.Values.Compat);
        // Without an identity the server refuses updates and deletes.
        return identity.Length == 0 ? [] : [.. key.Except(identity.OfType<string>())];
    }

    /// <summary>Whether an old row may lack a column of the key.</summary>
    /// <param name="replicaIdentity">relreplident.</param>
    /// <param name="isInIdentity">For each column of the key.</param>
    internal static bool MayBeAbsent(char replicaIdentity, IEnumerable<bool> isInIdentity) => replicaIdentity is 'd' or 'i' && isInIdentity.Contains(false);

    private static string[] Columns(CatalogTable table, CompatMode compat)
    {
        if (table.PrimaryKey.Length > 0)
        {
            return table.PrimaryKey;
        }

        bool Tells(CatalogIndex index) => index.Columns.Length > 0
            && Array.TrueForAll(index.Columns, c => c is not null)
            && (compat == CompatMode.StrictDebezium || (index.Predicate is null && Array.TrueForAll(index.Columns, c => Array.Exists(table.Columns, t => t.Name == c && t.NotNull))));
        var index = table.UniqueIndexes.OrderBy(i => i.Name, StringComparer.Ordinal).FirstOrDefault(Tells);
        return index is null ? [] : [.. index.Columns.Select(c => c!)];
    }
}
