using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;

namespace Penstock.Postgres.Preflight;

/// <summary>
/// From PG 18 on a generated column that belongs to a table's replica identity must be published: else the server refuses every UPDATE and DELETE on the table, its
/// owner's too (publicationcmds.c, pub_contains_invalid_column; manual, "Generated Column Replication"). A pipeline must not be what stops an application's writes.
/// </summary>
internal static class GeneratedIdentityChecks
{
    private const int FirstVersion = 18;

    // The columns of a replica identity are all for FULL, else the key columns of its index (INCLUDE columns stand behind them in indkey).
    // What a publication sends: stored generated columns if it is told to, and whatever a list of columns names (attnames).
    private const string Sql = """
        SELECT c.oid::bigint, a.attname::text, a.attgenerated::text
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attgenerated <> '' AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p')
          AND (c.relreplident = 'f' OR EXISTS (
              SELECT FROM pg_catalog.pg_index x
              WHERE x.indrelid = c.oid AND a.attnum = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1])
                AND ((c.relreplident = 'd' AND x.indisprimary) OR (c.relreplident = 'i' AND x.indisreplident))))
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication p WHERE p.pubname = @publication AND p.pubgencols = 's' AND a.attgenerated = 's')
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_publication_tables t
              WHERE t.pubname = @publication AND t.schemaname = n.nspname AND t.tablename = c.relname AND a.attname = ANY (t.attnames))
        ORDER BY c.oid, a.attnum
        """;

    public static void Add(
        List<PreflightFinding> findings,
        NpgsqlConnection connection,
        int serverVersion,
        PublicationRequest request,
        PublicationState? publication,
        IReadOnlyList<CapturedTable> captured)
    {
        if (serverVersion < FirstVersion || publication is { Update: false, Delete: false })
        {
            return;
        }

        var unsent = connection
            .List(Sql, r => (Oid: (uint)r.GetInt64(0), Column: r.GetString(1), IsVirtual: r.GetString(2) == "v"), ("publication", request.Name))
            .ToLookup(c => c.Oid);
        foreach (var table in captured.Where(t => unsent.Contains(t.Oid)))
        {
            // Virtual columns cannot be published at all, so if there is one, the identity itself has to change.
            var columns = unsent[table.Oid].ToList();
            string remedy = columns.Exists(c => c.IsVirtual)
                ? ""
                : publication is null
                    ? $"CREATE PUBLICATION {SqlName.Quote(request.Name)} FOR TABLE {PublicationRequest.Names(CapturedTables.ToPublish(captured))} WITH (publish_generated_columns = stored); or: "
                    : $"ALTER PUBLICATION {SqlName.Quote(request.Name)} SET (publish_generated_columns = stored); or: ";
            findings.Add(new PreflightFinding(
                "generated columns",
                true,
                $"the replica identity of table {table.FullName} contains {string.Join(", ", columns.Select(c => SqlName.Quote(c.Column)))}, generated and not published: once the table is "
                + $"published, the server refuses every UPDATE and DELETE on it. Type: {remedy}ALTER TABLE {table.QuotedName} REPLICA IDENTITY DEFAULT; (with a primary key of other columns)"));
        }
    }
}
