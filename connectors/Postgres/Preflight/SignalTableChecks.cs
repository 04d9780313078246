using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Snapshot;

namespace Penstock.Postgres.Preflight;

/// <summary>What the signal table must be and allow: the pipeline writes into it.</summary>
internal static class SignalTableChecks
{
    private const string Check = "signal table";

    public static void Add(
        List<PreflightFinding> findings, NpgsqlConnection connection, DatabaseUrl url, SignalTableName signals, bool closesByDelete, IReadOnlyList<CapturedTable> all)
    {
        if (all.FirstOrDefault(table => (table.Schema, table.Name) == (signals.Schema, signals.Name)) is not { } table)
        {
            findings.Add(new PreflightFinding(
                Check,
                true,
                $"PENSTOCK_SIGNAL_DATA_COLLECTION names {signals.FullName}, which is no table. Type: CREATE TABLE {signals.QuotedName} (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));"));
            return;
        }

        if (!table.IsLogged)
        {
            findings.Add(new PreflightFinding(Check, true, $"the signal table {signals.FullName} is UNLOGGED: no signal would arrive. Type: ALTER TABLE {signals.QuotedName} SET LOGGED;"));
        }

        var columns = TableQueries.ReadTable(connection, table.Oid)?.Columns ?? [];
        if (columns.Length != 3)
        {
            findings.Add(new PreflightFinding(Check, true, $"the signal table {signals.FullName} has {columns.Length} columns where three are due, in this order: id varchar(42), type varchar(32), data varchar(2048)."));
        }

        string rights = closesByDelete ? "INSERT, SELECT, DELETE" : "INSERT";
        var missing = rights.Split(", ").Where(right => !connection.True("SELECT pg_catalog.has_table_privilege(CAST(@oid AS oid), @right)", ("oid", (long)table.Oid), ("right", right)));
        if (missing.Any())
        {
            string user = SqlName.Quote(url.User);
            findings.Add(new PreflightFinding(
                Check,
                true,
                $"user {user} may not write into the signal table {signals.FullName}, where incremental snapshots mark their windows. "
                + $"Type: GRANT USAGE ON SCHEMA {SqlName.Quote(signals.Schema)} TO {user}; GRANT {rights} ON {signals.QuotedName} TO {user};"));
        }
    }
}
