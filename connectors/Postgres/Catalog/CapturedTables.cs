using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Catalog;

/// <param name="Oid">pg_class.oid.</param>
/// <param name="Schema">Namespace.</param>
/// <param name="Name">Name.</param>
/// <param name="Kind">relkind: r, p.</param>
/// <param name="ReplicaIdentity">relreplident: d, n, f, i.</param>
/// <param name="IsPartition">relispartition.</param>
/// <param name="ParentOid">Parent of a partition.</param>
/// <param name="HasPrimaryKey">There is one.</param>
/// <param name="HasIdentityIndex">There is an index marked as the replica identity.</param>
/// <param name="MaySelect">The current user may read every column.</param>
/// <param name="EstimatedRows">reltuples, -1 if never analysed.</param>
/// <param name="IsLogged">relpersistence is p: changes of others are not in the WAL.</param>
public sealed record CapturedTable(
    uint Oid,
    string Schema,
    string Name,
    char Kind,
    char ReplicaIdentity,
    bool IsPartition,
    uint? ParentOid,
    bool HasPrimaryKey,
    bool HasIdentityIndex,
    bool MaySelect,
    long EstimatedRows,
    bool IsLogged)
{
    public string FullName => $"{Schema}.{Name}";

    public string QuotedName => SqlName.Qualified(Schema, Name);

    /// <summary>Updates and deletes can be published: the stream can say which row it was.</summary>
    public bool HasReplicaIdentity => ReplicaIdentity == 'f' || (ReplicaIdentity == 'd' && HasPrimaryKey) || (ReplicaIdentity == 'i' && HasIdentityIndex);
}

/// <summary>The tables that exist, and which of them a selection captures.</summary>
public static class CapturedTables
{
    private const string Sql = """
        SELECT c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text, c.relreplident::text, c.relispartition, i.inhparent::bigint,
               EXISTS (SELECT FROM pg_catalog.pg_index x WHERE x.indrelid = c.oid AND x.indisprimary),
               EXISTS (SELECT FROM pg_catalog.pg_index x WHERE x.indrelid = c.oid AND x.indisreplident),
               pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
               c.reltuples::bigint, c.relpersistence = 'p'
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
        WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.relpersistence <> 't'
        ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
        """;

    /// <summary>Every ordinary and partitioned table that is not built in, ordered by schema and name.</summary>
    public static IReadOnlyList<CapturedTable> ReadAll(NpgsqlConnection connection) => connection.List(
        Sql,
        r => new CapturedTable(
            (uint)r.GetInt64(0),
            r.GetString(1),
            r.GetString(2),
            r.GetString(3)[0],
            r.GetString(4)[0],
            r.GetBoolean(5),
            r.IsDBNull(6) ? null : (uint)r.GetInt64(6),
            r.GetBoolean(7),
            r.GetBoolean(8),
            r.GetBoolean(9),
            r.GetInt64(10),
            r.GetBoolean(11)));

    /// <summary>Those that <paramref name="selection"/> includes and whose changes are in the WAL.</summary>
    public static IReadOnlyList<CapturedTable> Select(IReadOnlyList<CapturedTable> all, TableSelection selection) =>
        [.. all.Where(t => t.IsLogged && selection.Includes(t.Schema, t.Name))];

    /// <summary>
    /// The tables a publication FOR TABLE must name: a partition whose root or parent is captured comes with it, also when it is attached later.
    /// </summary>
    public static IReadOnlyList<CapturedTable> ToPublish(IReadOnlyList<CapturedTable> captured)
    {
        var byOid = captured.ToDictionary(t => t.Oid);
        return [.. captured.Where(t => t.ParentOid is not { } parent || !byOid.ContainsKey(parent))];
    }

    /// <summary>
    /// The order in which a snapshot reads tables, as Debezium's: by the first entry of <c>table.include.list</c> that matches, then by <c>schema.table</c> as one text.
    /// </summary>
    public static IReadOnlyList<CapturedTable> InSnapshotOrder(IEnumerable<CapturedTable> tables, TableSelection selection) =>
        [.. tables.OrderBy(t => selection.IncludePlace(t.Schema, t.Name)).ThenBy(t => t.FullName, StringComparer.Ordinal)];

    /// <summary>
    /// The tables a snapshot reads so that every row comes once and under the name that the stream will give it: leaves normally, the topmost published ancestor where the
    /// publication has <c>publish_via_partition_root</c>. (Debezium reads roots and leaves, so each row twice: captures B5.)
    /// </summary>
    /// <param name="all">Every table, for the chain of parents.</param>
    /// <param name="captured">The selected ones.</param>
    /// <param name="viaRoot">publish_via_partition_root.</param>
    /// <param name="published">OIDs that the publication names directly; null for FOR ALL TABLES.</param>
    public static IReadOnlyList<CapturedTable> ToSnapshot(
        IReadOnlyList<CapturedTable> all,
        IReadOnlyList<CapturedTable> captured,
        bool viaRoot,
        IReadOnlySet<uint>? published)
    {
        if (!viaRoot)
        {
            return [.. captured.Where(t => t.Kind == 'r')];
        }

        var byOid = all.ToDictionary(t => t.Oid);
        bool IsPublished(uint oid) => published?.Contains(oid) ?? true;
        bool HasPublishedAncestor(CapturedTable table)
        {
            for (uint? at = table.ParentOid; at is { } oid && byOid.TryGetValue(oid, out var parent); at = parent.ParentOid)
            {
                if (IsPublished(oid))
                {
                    return true;
                }
            }

            return false;
        }

        return [.. captured.Where(t => (t.Kind == 'r' || IsPublished(t.Oid)) && !HasPublishedAncestor(t))];
    }
}
