using System.Globalization;
using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Publication;

/// <summary>Debezium's <c>publication.autocreate.mode</c>.</summary>
public enum PublicationMode
{
    /// <summary>FOR TABLE the captured ones; the list follows the selection.</summary>
    Filtered,

    /// <summary>FOR ALL TABLES, created once. Needs a superuser.</summary>
    AllTables,

    /// <summary>Must exist; never touched.</summary>
    Disabled,

    /// <summary>Created without tables; somebody else fills it.</summary>
    NoTables,
}

/// <param name="Name">Publication name.</param>
/// <param name="AllTables">FOR ALL TABLES.</param>
/// <param name="Insert">Publishes inserts.</param>
/// <param name="Update">Publishes updates.</param>
/// <param name="Delete">Publishes deletes.</param>
/// <param name="Truncate">Publishes truncates.</param>
/// <param name="ViaRoot">publish_via_partition_root.</param>
/// <param name="Named">OIDs of the tables that FOR TABLE names.</param>
/// <param name="Covered">OIDs of all tables whose changes it publishes, partitions and FOR TABLES IN SCHEMA included.</param>
public sealed record PublicationState(
    string Name,
    bool AllTables,
    bool Insert,
    bool Update,
    bool Delete,
    bool Truncate,
    bool ViaRoot,
    IReadOnlySet<uint> Named,
    IReadOnlySet<uint> Covered)
{
    /// <summary>What <see cref="CapturedTables.ToSnapshot"/> asks for: null stands for all.</summary>
    public IReadOnlySet<uint>? NamedOrAll => AllTables ? null : Named.Union(Covered).ToHashSet();
}

/// <summary>Finds, creates and compares publications.</summary>
public static class Publications
{
    private const string StateSql = """
        SELECT p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot
        FROM pg_catalog.pg_publication p WHERE p.pubname = @name
        """;

    private const string NamedSql = """
        SELECT r.prrelid::bigint FROM pg_catalog.pg_publication_rel r
        JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid WHERE p.pubname = @name
        """;

    // pg_publication_tables gives leaves without, and topmost tables with publish_via_partition_root.
    private const string CoveredSql = """
        SELECT c.oid::bigint FROM pg_catalog.pg_publication_tables t
        JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
        WHERE t.pubname = @name
        """;

    public static PublicationState? Find(NpgsqlConnection connection, string name)
    {
        var parameter = ("name", (object)name);
        var state = connection.List(
            StateSql,
            r => new PublicationState(
                name,
                r.GetBoolean(0),
                r.GetBoolean(1),
                r.GetBoolean(2),
                r.GetBoolean(3),
                r.GetBoolean(4),
                r.GetBoolean(5),
                new HashSet<uint>(),
                new HashSet<uint>()),
            parameter).FirstOrDefault();
        return state is null
            ? null
            : state with
            {
                Named = connection.List(NamedSql, r => (uint)r.GetInt64(0), parameter).ToHashSet(),
                Covered = connection.List(CoveredSql, r => (uint)r.GetInt64(0), parameter).ToHashSet(),
            };
    }

    /// <summary>All of the connection's database.</summary>
    public static IReadOnlyList<string> Names(NpgsqlConnection connection) => connection.List("SELECT pubname::text FROM pg_catalog.pg_publication ORDER BY 1", row => row.GetString(0));

    /// <summary>
    /// Creates the publication, or adapts its list of tables where the mode says so.
    /// </summary>
    /// <param name="connection">An ordinary connection.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="captured">The selected tables.</param>
    /// <returns>A line for the log if something was changed, else null.</returns>
    public static string? Ensure(NpgsqlConnection connection, PublicationRequest request, IReadOnlyList<CapturedTable> captured)
    {
        var state = Find(connection, request.Name);
        string name = SqlName.Quote(request.Name);
        var tables = CapturedTables.ToPublish(captured);
        string list = string.Join(", ", tables.Select(t => t.QuotedName));
        if (state is null)
        {
            if (request.Mode == PublicationMode.Disabled)
            {
                throw new DatabaseException(FailureClass.Preflight, request.MissingMessage(captured));
            }

            if (request.Mode == PublicationMode.Filtered && tables.Count == 0)
            {
                throw new DatabaseException(FailureClass.Preflight, "no table is captured: check table.include.list and schema.include.list.");
            }

            try
            {
                Change(connection, request, CreateStatement(request, captured));
            }
            catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateObject && Find(connection, request.Name) is not null)
            {
                // A second process of this pipeline made it in the same moment: it is there now, and is treated so.
                return Ensure(connection, request, captured);
            }

            return $"created publication {request.Name}{(request.Mode == PublicationMode.Filtered ? $" for {tables.Count} tables" : Target(request, captured))}";
        }

        if (request.Mode != PublicationMode.Filtered || state.AllTables || state.Named.SetEquals(tables.Select(t => t.Oid)))
        {
            return null;
        }

        Change(connection, request, $"ALTER PUBLICATION {name} SET TABLE {list}");
        return $"publication {request.Name} now names {tables.Count} tables ({state.Named.Count} before)";
    }

    /// <summary>What makes it, without a semicolon.</summary>
    public static string CreateStatement(PublicationRequest request, IReadOnlyList<CapturedTable> captured) =>
        $"CREATE PUBLICATION {SqlName.Quote(request.Name)}{Target(request, captured)}{request.WithClause}";

    /// <summary>Drops it; it must exist, and belong to the user.</summary>
    public static void Drop(NpgsqlConnection connection, string name) => connection.Execute($"DROP PUBLICATION {SqlName.Quote(name)}");

    private static string Target(PublicationRequest request, IReadOnlyList<CapturedTable> captured) => request.Mode switch
    {
        PublicationMode.Filtered => $" FOR TABLE {string.Join(", ", CapturedTables.ToPublish(captured).Select(t => t.QuotedName))}",
        PublicationMode.AllTables => " FOR ALL TABLES",
        _ => "",
    };

    private static void Change(NpgsqlConnection connection, PublicationRequest request, string statement)
    {
        using var transaction = connection.BeginTransaction();
        try
        {
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"SET LOCAL lock_timeout = {request.LockTimeoutMs}"));
            connection.Execute(statement);
            transaction.Commit();
        }
        catch (PostgresException refused)
        {
            transaction.Rollback();
            if (refused.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                throw new DatabaseException(
                    FailureClass.Unavailable,
                    $"publication \"{request.Name}\" could not be made or changed within {request.LockTimeoutMs / 1000} s, because another session has a lock on one of its tables (ALTER TABLE, VACUUM, CREATE INDEX, ...). "
                    + "To see which, type: SELECT pid, relation::regclass, mode FROM pg_locks WHERE granted AND relation IS NOT NULL;",
                    refused.SqlState,
                    refused);
            }

            throw;
        }
    }

    /// <summary>
    /// The captured tables whose changes the publication would not send.
    /// </summary>
    public static IReadOnlyList<CapturedTable> NotCovered(PublicationState state, IReadOnlyList<CapturedTable> all, IReadOnlyList<CapturedTable> captured)
    {
        if (state.AllTables)
        {
            return [];
        }

        var byOid = all.ToDictionary(t => t.Oid);
        bool IsCovered(CapturedTable table)
        {
            for (uint? at = table.Oid; at is { } oid; at = byOid.TryGetValue(oid, out var entry) ? entry.ParentOid : null)
            {
                if (state.Named.Contains(oid) || state.Covered.Contains(oid))
                {
                    return true;
                }
            }

            // A partitioned table itself has no rows: without publish_via_partition_root its leaves speak for it.
            return table.Kind == 'p' && all.Where(t => t.ParentOid == table.Oid) is var children && children.Any() && children.All(IsCovered);
        }

        return [.. captured.Where(t => !IsCovered(t))];
    }
}
