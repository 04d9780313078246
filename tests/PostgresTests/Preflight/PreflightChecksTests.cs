using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Preflight;
using Penstock.Postgres.Publication;
using Penstock.Servers;

namespace Penstock.PostgresTests.Preflight;

[Collection(PostgresCollection.Name)]
public sealed class PreflightChecksTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_fit_database_has_no_findings_and_is_left_as_it_was()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE t (id int PRIMARY KEY)");
        var result = Run(database);
        Assert.Empty(result.Findings);
        Assert.Equal("public.t", Assert.Single(result.Captured).FullName);
        Assert.Null(result.Publication);
        Assert.Null(result.Slot);
        Assert.Equal(0, database.Scalar<long>("SELECT count(*) FROM pg_publication"));
    }

    [Fact]
    public async Task Tables_that_do_not_exist_or_have_no_identity_are_named_with_what_to_type()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE "No Key" (id int); CREATE TABLE nothing (id int); ALTER TABLE nothing REPLICA IDENTITY NOTHING;
            CREATE TABLE complete (id int); ALTER TABLE complete REPLICA IDENTITY FULL; CREATE UNLOGGED TABLE fleeting (id int PRIMARY KEY);
            """);
        var findings = Run(database, "public.orders,public.ordes,orders,public.No Key,public.nothing,public.complete,public.fleeting").Findings;
        Assert.Contains(findings, f => f.IsError && f.Message.Contains("'public.ordes'", StringComparison.Ordinal) && f.Message.Contains("Did you mean public.orders", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.IsError && f.Message.Contains("'orders'", StringComparison.Ordinal) && f.Message.Contains("did you mean public.orders?", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.IsError && f.Message.Contains("ALTER TABLE \"public\".\"No Key\" REPLICA IDENTITY FULL;", StringComparison.Ordinal));
        Assert.Contains(findings, f => !f.IsError && f.Message.Contains("public.nothing", StringComparison.Ordinal));
        Assert.Contains(findings, f => !f.IsError && f.Message.Contains("UNLOGGED", StringComparison.Ordinal));
        Assert.Equal(5, findings.Count);
    }

    [Fact]
    public async Task A_user_without_rights_learns_every_statement_at_once()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("DROP ROLE IF EXISTS \"we\"\"ak\"; CREATE ROLE \"we\"\"ak\" LOGIN; CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY)");
        using var weak = new SourceDatabase(postgres.Url(database.Url.Database, "we\"ak"));
        var findings = Run(weak).Findings;
        Assert.Contains(findings, f => f.Message.Contains("ALTER ROLE \"we\"\"ak\" REPLICATION;", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Message.Contains($"GRANT CREATE ON DATABASE \"{database.Url.Database}\" TO \"we\"\"ak\";", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Message.Contains("GRANT USAGE ON SCHEMA \"s\" TO \"we\"\"ak\"; GRANT SELECT ON \"s\".\"t\" TO \"we\"\"ak\";", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Message.Contains("of another owner", StringComparison.Ordinal));
        Assert.All(findings, f => Assert.True(f.IsError));
    }

    [Fact]
    public async Task A_publication_that_is_missing_uncovering_or_silent()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE PUBLICATION theirs FOR TABLE a WITH (publish = 'insert')");
        Assert.Contains("CREATE PUBLICATION \"gone\"", Assert.Single(Run(database, mode: PublicationMode.Disabled, publication: "gone").Findings).Message, StringComparison.Ordinal);
        var findings = Run(database, mode: PublicationMode.Disabled, publication: "theirs").Findings;
        Assert.Contains(findings, f => f.IsError && f.Message.Contains("ALTER PUBLICATION \"theirs\" ADD TABLE \"public\".\"b\";", StringComparison.Ordinal));
        Assert.Contains(findings, f => !f.IsError && f.Message.Contains("update, delete", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_slot_of_another_database_is_refused()
    {
        using var other = await postgres.NewDatabaseAsync();
        using var database = await postgres.NewDatabaseAsync();
        other.Run("SELECT pg_create_logical_replication_slot('taken', 'pgoutput')");
        database.Run("CREATE TABLE a (id int PRIMARY KEY)");
        Assert.Contains(other.Url.Database, Assert.Single(Run(database, slot: "taken").Findings).Message, StringComparison.Ordinal);
        other.Run("SELECT pg_drop_replication_slot('taken')");
    }

    internal static PreflightResult Run(
        SourceDatabase database,
        string? include = null,
        PublicationMode mode = PublicationMode.Filtered,
        string publication = "penstock",
        string slot = "penstock")
    {
        Assert.True(TableSelection.TryCreate(null, null, include, null, null, null, out var selection, out _));
        return PreflightChecks.Run(
            database, new PreflightRequest { Selection = selection!, Publication = new PublicationRequest(publication, mode), SlotName = slot, WithSnapshot = true });
    }
}

/// <summary>Servers that no pipeline can work with.</summary>
public sealed class UnfitServerTests
{
    [Fact]
    public async Task Wal_level_encoding_and_full_slots()
    {
        await using var server = await PostgresServer.CreateAsync(new PostgresServerOptions
        {
            Encoding = "LATIN1",
            Settings = new Dictionary<string, string> { ["wal_level"] = "replica", ["max_replication_slots"] = "1" },
        });
        await server.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY); SELECT pg_create_physical_replication_slot('standby')");
        Assert.True(DatabaseUrl.TryParse(server.Url(), _ => null, out var url, out _));
        using var database = new SourceDatabase(url!);
        var findings = PreflightChecksTests.Run(database).Findings;
        Assert.Contains(findings, f => f.Message.Contains("ALTER SYSTEM SET wal_level = logical;", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Message.Contains("LATIN1", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Check == "max_replication_slots" && f.IsError);
    }
}
