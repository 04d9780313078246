using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;
using Penstock.Postgres.Slot;

namespace Penstock.Postgres.Preflight;

/// <summary>
/// Looks at everything a pipeline needs of its source database, and changes nothing. All findings come at once.
/// </summary>
public static class PreflightChecks
{
    /// <summary>Runs all checks on one connection.</summary>
    /// <exception cref="DatabaseException">No connection: wrong password, no such database, nothing listens.</exception>
    public static PreflightResult Run(SourceDatabase database, PreflightRequest request)
    {
        using var connection = database.Open();
        return database.Translated(() => Run(database, connection, request));
    }

    private static PreflightResult Run(SourceDatabase database, NpgsqlConnection connection, PreflightRequest request)
    {
        var findings = new List<PreflightFinding>();
        int version = connection.PostgreSqlVersion.Major;
        var slot = request.WithStream ? ReplicationSlots.Find(connection, request.SlotName) : null;
        ServerChecks.Add(findings, connection, database.Url, request.WithStream, slot is not null);
        ClockCheck.Add(findings, connection, database.Url, request.Clock);
        var all = CapturedTables.ReadAll(connection);
        var captured = CapturedTables.Select(all, request.Selection);
        var publication = request.WithStream ? Publications.Find(connection, request.Publication.Name) : null;
        TableChecks.AddSelection(findings, request.Selection, all, captured);
        if (request.WithStream)
        {
            IdentityChecks.Add(findings, request, publication, all, captured);
            GeneratedIdentityChecks.Add(findings, connection, version, request.Publication, publication, captured);
            PublicationChecks.Add(findings, connection, database.Url, request.Publication, publication, all, captured);
            if (request.Advises)
            {
                LargeValueCheck.Add(findings, connection, publication, captured);
            }

            SlotChecks.Add(findings, request, slot, database.Url.Database, version);
        }

        if (request.SignalTable is { } signals && request.WithStream)
        {
            SignalTableChecks.Add(findings, connection, database.Url, signals, request.ClosesWindowByDelete, all);
        }

        bool keepsState = StateChecks.Add(findings, connection, database.Url, request.State);
        if (request.WithSnapshot)
        {
            SnapshotChecks.Add(findings, connection, database.Url, request, captured);
        }

        return new PreflightResult(findings, version, all, captured, publication, slot, keepsState);
    }
}
