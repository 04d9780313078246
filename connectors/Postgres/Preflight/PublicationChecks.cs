using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;

namespace Penstock.Postgres.Preflight;

/// <summary>Whether the publication is there, sends what is captured, or may be made so.</summary>
internal static class PublicationChecks
{
    public static void Add(
        List<PreflightFinding> findings,
        NpgsqlConnection connection,
        DatabaseUrl url,
        PublicationRequest request,
        PublicationState? state,
        IReadOnlyList<CapturedTable> all,
        IReadOnlyList<CapturedTable> captured)
    {
        if (state is null)
        {
            AddMissing(findings, connection, url, request, captured);
            return;
        }

        if (request.Mode == PublicationMode.Filtered && !state.AllTables)
        {
            if (!state.Named.SetEquals(CapturedTables.ToPublish(captured).Select(t => t.Oid)))
            {
                AddRightToAlter(findings, connection, url, request, captured);
            }
        }
        else if (Publications.NotCovered(state, all, captured) is { Count: > 0 } uncovered)
        {
            // Whoever made the publication may mean it so, and Debezium streams what there is.
            findings.Add(new PreflightFinding(
                "publication",
                false,
                $"publication \"{request.Name}\" does not cover {TableChecks.Count(uncovered)}: {string.Join(", ", uncovered.Take(10).Select(t => t.FullName))}. "
                + "Their changes are not sent by the server and give no events. "
                + $"To add them, type: ALTER PUBLICATION {SqlName.Quote(request.Name)} ADD TABLE {PublicationRequest.Names(uncovered)};"));
        }

        AddOperations(findings, request, state);
    }

    private static void AddMissing(List<PreflightFinding> findings, NpgsqlConnection connection, DatabaseUrl url, PublicationRequest request, IReadOnlyList<CapturedTable> captured)
    {
        if (request.Mode == PublicationMode.Disabled)
        {
            findings.Add(new PreflightFinding("publication", true, request.MissingMessage(captured)));
            return;
        }

        string user = SqlName.Quote(url.User);
        if (!connection.True("SELECT pg_catalog.has_database_privilege(current_database(), 'CREATE')"))
        {
            findings.Add(new PreflightFinding(
                "publication",
                true,
                $"user {user} may not create publication \"{request.Name}\". As an administrator, type: GRANT CREATE ON DATABASE {SqlName.Quote(url.Database)} TO {user}; or make it: "
                + $"CREATE PUBLICATION {SqlName.Quote(request.Name)} FOR TABLE {PublicationRequest.Names(captured)}; and set PENSTOCK_PUBLICATION_AUTOCREATE_MODE=disabled"));
        }

        if (request.Mode == PublicationMode.AllTables && !IsSuperuser(connection))
        {
            findings.Add(new PreflightFinding(
                "publication",
                true,
                $"only a superuser may create a publication FOR ALL TABLES: set PENSTOCK_PUBLICATION_AUTOCREATE_MODE=filtered, or as a superuser type: CREATE PUBLICATION {SqlName.Quote(request.Name)} FOR ALL TABLES;"));
        }

        if (request.Mode == PublicationMode.Filtered)
        {
            AddOwnership(findings, connection, url, captured);
        }
    }

    private static void AddRightToAlter(List<PreflightFinding> findings, NpgsqlConnection connection, DatabaseUrl url, PublicationRequest request, IReadOnlyList<CapturedTable> captured)
    {
        bool isOwner = connection.True(
            "SELECT pg_catalog.pg_has_role(current_user, pubowner, 'USAGE') FROM pg_catalog.pg_publication WHERE pubname = @name", ("name", request.Name));
        if (!isOwner)
        {
            findings.Add(new PreflightFinding(
                "publication",
                true,
                $"publication \"{request.Name}\" does not name exactly the captured tables, and user {SqlName.Quote(url.User)} is not its owner. Type: "
                + $"ALTER PUBLICATION {SqlName.Quote(request.Name)} SET TABLE {PublicationRequest.Names(CapturedTables.ToPublish(captured))}; "
                + "or set PENSTOCK_PUBLICATION_AUTOCREATE_MODE=disabled"));
            return;
        }

        AddOwnership(findings, connection, url, captured);
    }

    /// <summary>FOR TABLE takes only tables of one's own.</summary>
    private static void AddOwnership(List<PreflightFinding> findings, NpgsqlConnection connection, DatabaseUrl url, IReadOnlyList<CapturedTable> captured)
    {
        var foreign = connection.List(
            """
            SELECT c.oid::bigint FROM pg_catalog.pg_class c
            WHERE c.relkind IN ('r', 'p') AND NOT pg_catalog.pg_has_role(current_user, c.relowner, 'USAGE')
            """,
            r => (uint)r.GetInt64(0)).ToHashSet();
        var denied = CapturedTables.ToPublish(captured).Where(t => foreign.Contains(t.Oid)).ToList();
        if (denied.Count > 0)
        {
            findings.Add(new PreflightFinding(
                "publication",
                true,
                $"user {SqlName.Quote(url.User)} may not put {TableChecks.Count(denied)} of another owner into a publication: {string.Join(", ", denied.Take(10).Select(t => t.FullName))}. "
                + "Let the owner (or a superuser) create the publication and set PENSTOCK_PUBLICATION_AUTOCREATE_MODE=disabled, or grant the owner's role to the user."));
        }
    }

    private static void AddOperations(List<PreflightFinding> findings, PublicationRequest request, PublicationState state)
    {
        var skipped = (request.SkippedOperations ?? "").Split(',', StringSplitOptions.TrimEntries);
        (string Letter, string Word, bool Published)[] operations = [("c", "insert", state.Insert), ("u", "update", state.Update), ("d", "delete", state.Delete)];
        var missing = operations.Where(o => !o.Published && !skipped.Contains(o.Letter)).Select(o => o.Word).ToList();
        if (missing.Count > 0)
        {
            findings.Add(new PreflightFinding(
                "publication",
                false,
                $"publication \"{request.Name}\" does not publish {string.Join(", ", missing)}: such changes give no events. "
                + $"Type: ALTER PUBLICATION {SqlName.Quote(request.Name)} SET (publish = 'insert, update, delete, truncate');"));
        }
    }

    private static bool IsSuperuser(NpgsqlConnection connection) => connection.True("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user");
}
