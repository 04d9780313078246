using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;
using Penstock.Postgres.Snapshot;

namespace Penstock.Postgres.Preflight;

/// <summary>Whether a snapshot can read what it is to read.</summary>
internal static class SnapshotChecks
{
    private const string IncludeSetting = "PENSTOCK_SNAPSHOT_INCLUDE_COLLECTION_LIST";
    private const string StatementSetting = "PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES";

    public static void Add(List<PreflightFinding> findings, NpgsqlConnection connection, DatabaseUrl url, PreflightRequest request, IReadOnlyList<CapturedTable> captured)
    {
        var read = captured.Where(t => request.SnapshotTables?.Matches(t.FullName) ?? true).ToList();
        AddSelectRight(findings, url, [.. read.Where(t => !request.Statements.ContainsKey(t.FullName))]);
        foreach (string entry in request.SnapshotTables?.SourcesWithoutMatch([.. captured.Select(t => t.FullName)]) ?? [])
        {
            findings.Add(new PreflightFinding("snapshot.include.collection.list", false, $"{IncludeSetting} names '{entry}', which matches no captured table."));
        }

        foreach (var (name, statement) in request.Statements)
        {
            if (captured.FirstOrDefault(t => t.FullName == name) is { } table)
            {
                AddStatement(findings, connection, table, statement);
            }
            else
            {
                findings.Add(new PreflightFinding("snapshot.select.statement.overrides", false, $"{StatementSetting} names {name}, which is no captured table (names stand as in the database, upper and lower case told apart)."));
            }
        }
    }

    private static void AddSelectRight(List<PreflightFinding> findings, DatabaseUrl url, IReadOnlyList<CapturedTable> read)
    {
        var denied = read.Where(t => !t.MaySelect).ToList();
        if (denied.Count > 0)
        {
            findings.Add(new PreflightFinding(
                "select",
                true,
                $"user {SqlName.Quote(url.User)} may not read {TableChecks.Count(denied)} that the snapshot needs: {string.Join(", ", denied.Take(5).Select(t => t.FullName))}. Type: "
                + string.Join(' ', denied.Select(t => t.Schema).Distinct().Select(s => $"GRANT USAGE ON SCHEMA {SqlName.Quote(s)} TO {SqlName.Quote(url.User)};"))
                + $" GRANT SELECT ON {PublicationRequest.Names(denied)} TO {SqlName.Quote(url.User)};"));
        }
    }

    private static void AddStatement(List<PreflightFinding> findings, NpgsqlConnection connection, CapturedTable table, string statement)
    {
        try
        {
            SnapshotTable.Read(connection, table.Oid, statement);
        }
        catch (DatabaseException wrong) when (wrong.Failure == FailureClass.Preflight)
        {
            findings.Add(new PreflightFinding("snapshot.select.statement.overrides", true, wrong.Message));
        }
    }
}
