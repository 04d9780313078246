using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;

namespace Penstock.PostgresTests.Publication;

[Collection(PostgresCollection.Name)]
public sealed class PublicationsTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_filtered_publication_is_created_left_alone_and_adapted()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE "b""\é" (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY)""");
        var request = new PublicationRequest("Pub\"'x", PublicationMode.Filtered, ViaRoot: true, SkippedOperations: "t,d");
        Assert.NotNull(Ensure(database, request, "public.[ab].*"));
        using (var connection = database.Open())
        {
            var state = Publications.Find(connection, request.Name)!;
            Assert.Equal((false, true, true, false, false, true, 2), (state.AllTables, state.Insert, state.Update, state.Delete, state.Truncate, state.ViaRoot, state.Named.Count));
        }

        Assert.Null(Ensure(database, request, "public.[ab].*"));
        Assert.NotNull(Ensure(database, request, "public.c"));
        using (var connection = database.Open())
        {
            var all = CapturedTables.ReadAll(connection);
            var state = Publications.Find(connection, request.Name)!;
            Assert.Equal(["a", "b\"\\é"], Publications.NotCovered(state, all, all).Select(t => t.Name));
        }
    }

    [Fact]
    public async Task All_tables_none_and_disabled()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int PRIMARY KEY)");
        Ensure(database, new PublicationRequest("every", PublicationMode.AllTables), ".*");
        Ensure(database, new PublicationRequest("none", PublicationMode.NoTables), ".*");
        var missing = Assert.Throws<DatabaseException>(() => Ensure(database, new PublicationRequest("theirs", PublicationMode.Disabled), ".*"));
        Assert.Contains("CREATE PUBLICATION \"theirs\" FOR TABLE \"public\".\"a\";", missing.Message, StringComparison.Ordinal);
        var empty = Assert.Throws<DatabaseException>(() => Ensure(database, new PublicationRequest("filtered", PublicationMode.Filtered), "nothing"));
        Assert.Contains("no table", empty.Message, StringComparison.Ordinal);
        using var connection = database.Open();
        Assert.True(Publications.Find(connection, "every")!.AllTables);
        Assert.Empty(Publications.Find(connection, "none")!.Named);
        Assert.Null(Publications.Find(connection, "theirs"));
        Assert.Null(Ensure(database, new PublicationRequest("none", PublicationMode.Disabled), ".*"));
    }

    [Fact]
    public async Task Schemas_and_partitions_count_as_covered()
    {
        using var database = await postgres.NewDatabaseAsync();
        // FOR TABLES IN SCHEMA came with PG 15.
        string schema = database.Version() >= 15 ? "TABLES IN SCHEMA s" : "s.t";
        database.Run($"""
            CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY); CREATE TABLE other (id int);
            CREATE TABLE root (id int) PARTITION BY RANGE (id); CREATE TABLE leaf PARTITION OF root FOR VALUES FROM (0) TO (5);
            CREATE PUBLICATION p FOR TABLE root, {schema}; CREATE PUBLICATION leaves FOR TABLE leaf;
            """);
        using var connection = database.Open();
        var all = CapturedTables.ReadAll(connection);
        Assert.Equal(["other"], Publications.NotCovered(Publications.Find(connection, "p")!, all, all).Select(t => t.Name));
        Assert.Equal(["other", "t"], Publications.NotCovered(Publications.Find(connection, "leaves")!, all, all).Select(t => t.Name));
    }

    private static string? Ensure(SourceDatabase database, PublicationRequest request, string include)
    {
        Assert.True(TableSelection.TryCreate(null, null, include, null, null, null, out var selection, out _));
        using var connection = database.Open();
        return Publications.Ensure(connection, request, CapturedTables.Select(CapturedTables.ReadAll(connection), selection!));
    }
}
