using Penstock.Postgres.Catalog;
using Penstock.Postgres.Publication;

namespace Penstock.Postgres.Preflight;

/// <summary>
/// Whether the server will go on to accept updates and deletes: it refuses them on a table that is published with them and has no replica identity. What is published already is
/// refused already, so that is worth a warning; what the pipeline would publish itself is an error, because a pipeline must not be what stops an application's writes.
/// </summary>
internal static class IdentityChecks
{
    public static void Add(List<PreflightFinding> findings, PreflightRequest request, PublicationState? publication, IReadOnlyList<CapturedTable> all, IReadOnlyList<CapturedTable> captured)
    {
        var contradicted = captured.Where(t => request.Identities(t.Schema, t.Name).Count > 1).ToList();
        findings.AddRange(contradicted.Select(t => new PreflightFinding(
            "replica identity", true, $"more than one entry of PENSTOCK_REPLICA_IDENTITY_AUTOSET_VALUES matches table {t.FullName}: make the expressions exclude each other.")));

        if (publication is { Update: false, Delete: false })
        {
            // Inserts alone need no identity.
            return;
        }

        foreach (var table in Concerned(request, publication, all, captured).Where(t => t.Kind == 'r'))
        {
            var wanted = request.Identities(table.Schema, table.Name);
            if (!(wanted.Count == 1 ? ReplicaIdentities.With(table, wanted[0]) : table).HasReplicaIdentity)
            {
                findings.Add(Finding(request, table, IsPublished(publication, table)));
            }
        }
    }

    // FOR ALL TABLES publishes those that are not captured as well.
    private static IEnumerable<CapturedTable> Concerned(PreflightRequest request, PublicationState? publication, IReadOnlyList<CapturedTable> all, IReadOnlyList<CapturedTable> captured) =>
        publication is null && request.Publication.Mode == PublicationMode.AllTables ? all.Where(t => t.IsLogged)
        : publication is null || request.Publication.Mode == PublicationMode.Filtered ? captured
        : captured.Where(t => IsPublished(publication, t));

    private static bool IsPublished(PublicationState? publication, CapturedTable table) =>
        publication is not null && (publication.AllTables || publication.Named.Contains(table.Oid) || publication.Covered.Contains(table.Oid));

    private static PreflightFinding Finding(PreflightRequest request, CapturedTable table, bool isPublished)
    {
        // Somebody chose NOTHING on purpose: the inserts are wanted, the source refuses the rest.
        bool isChosen = table.ReplicaIdentity == 'n';
        bool isError = !isChosen && !isPublished && !request.MayPublishWithoutIdentity && request.Publication.Mode is PublicationMode.Filtered or PublicationMode.AllTables;
        return new PreflightFinding(
            "replica identity",
            isError,
            $"table {table.FullName} has no {(isChosen ? "replica identity (NOTHING)" : "primary key")}: "
            + $"{(isPublished ? "it is published, so" : "once it is published,")} the server refuses every UPDATE and DELETE on it. "
            + $"Add a primary key, or type: ALTER TABLE {table.QuotedName} REPLICA IDENTITY FULL;{(isError ? " To publish it as it is, set PENSTOCK_ON_MISSING_REPLICA_IDENTITY=warn" : "")}");
    }
}
