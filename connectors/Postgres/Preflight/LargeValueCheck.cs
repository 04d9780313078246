using System.Globalization;
using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;

namespace Penstock.Postgres.Preflight;

/// <summary>
/// Tables with values that the server stores apart (TOAST): of an UPDATE that does not touch such a value it writes none to the log unless the replica identity is FULL, so the event has a placeholder in its place.
/// </summary>
internal static class LargeValueCheck
{
    /// <summary>Names of one finding; the rest are counted.</summary>
    private const int MostNamed = 10;

    public static void Add(List<PreflightFinding> findings, NpgsqlConnection connection, PublicationState? publication, IReadOnlyList<CapturedTable> captured)
    {
        var candidates = captured.Where(table => table is { Kind: 'r', IsLogged: true } && table.ReplicaIdentity != 'f').ToDictionary(table => table.Oid);
        if (candidates.Count == 0 || publication is { Update: false })
        {
            return;
        }

        var found = connection.List(
            "SELECT c.oid, pg_catalog.pg_relation_size(c.reltoastrelid) FROM pg_catalog.pg_class c WHERE c.oid = ANY(@oids) AND c.reltoastrelid <> 0 AND pg_catalog.pg_relation_size(c.reltoastrelid) > 0 ORDER BY 2 DESC, 1",
            row => (Table: candidates[row.GetFieldValue<uint>(0)], Bytes: row.GetInt64(1)),
            ("oids", candidates.Keys.Select(oid => (long)oid).ToArray()));
        if (found.Count > 0)
        {
            string names = string.Join(", ", found.Take(MostNamed).Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Table.FullName} ({Math.Max(1, entry.Bytes >> 10):N0} kB)")));
            findings.Add(new PreflightFinding(
                "large values",
                false,
                $"these tables have values that are stored apart: {names}{(found.Count > MostNamed ? $" and {found.Count - MostNamed} more" : "")}. The event of an UPDATE that leaves such a value as it is has __debezium_unavailable_value in its place. "
                + $"Where consumers need the value, and the log may carry the whole old row of each UPDATE and DELETE, type: ALTER TABLE {found[0].Table.QuotedName} REPLICA IDENTITY FULL;"));
        }
    }
}
