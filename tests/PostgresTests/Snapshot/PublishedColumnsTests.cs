using Penstock.Engine.Buffers;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresTests.Snapshot;

/// <summary>Rows of a snapshot with the columns that the stream has.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PublishedColumnsTests(PostgresFixture postgres)
{
    private const string Table = "CREATE TABLE t (id int PRIMARY KEY, g int GENERATED ALWAYS AS (id + 1) STORED, secret text, w int); INSERT INTO t (id, secret, w) VALUES (1, 's', 9);";

    [Theory]
    [InlineData("CREATE PUBLICATION p FOR TABLE t", "1 s 9")]
    [InlineData("CREATE TABLE other (id int); CREATE PUBLICATION p FOR TABLE other", "1 s 9")]
    [InlineData("CREATE PUBLICATION p FOR ALL TABLES", "1 s 9")]
    public async Task Generated_columns_are_not_published(string publication, string row)
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run(Table + publication);
        Assert.Equal(row, Row(database, "p"));
        Assert.Equal("1 2 s 9", Row(database, null));
    }

    [Fact]
    public async Task A_column_list_of_the_publication_holds_for_the_snapshot_too()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run(Table);
        if (database.Version() < 15)
        {
            return;
        }

        database.Run("CREATE PUBLICATION p FOR TABLE t (id, w)");
        Assert.Equal("1 9", Row(database, "p"));
    }

    [Fact]
    public async Task Generated_columns_that_are_published_are_read()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run(Table);
        if (database.Version() < 18)
        {
            return;
        }

        database.Run("CREATE PUBLICATION p FOR TABLE t WITH (publish_generated_columns = stored)");
        Assert.Equal("1 2 s 9", Row(database, "p"));
    }

    [Fact]
    public async Task Chunks_have_the_same_columns_and_may_walk_by_others()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE signal (id text, type text, data text);" + Table + "CREATE PUBLICATION p FOR TABLE t");
        using var reader = new ChunkReader(database, new SignalTableName("public", "signal"), false, TimeProvider.System) { PublishedBy = "p" };
        var request = new ChunkRequest("public", "t", "g", null);
        Assert.Equal(ChunkAnswer.Read, reader.ReadMaximum(request, out string?[]? maximum));
        var rows = new ChunkRows();
        Assert.Equal(ChunkAnswer.Read, reader.Read(request, null, maximum!, 10, [], rows));
        var relation = new PgOutputReader(rows.Relation.AsSpan(1)).ReadRelation();
        Assert.Equal(["id", "secret", "w"], relation.Columns.Select(c => c.Name));
        Assert.Equal("2", Assert.Single(rows.LastKey));
    }

    private static string Row(Postgres.Connection.SourceDatabase database, string? publication)
    {
        using var connection = database.Open();
        var tables = CapturedTables.ReadAll(connection).Where(t => t.Name == "t").ToList();
        var pool = new SlabPool("test", 64 * 1024, 1);
        using var reader = SnapshotReader.Start(database, pool, new SnapshotRequest { Tables = tables, PublishedBy = publication }, TimeProvider.System);
        var batch = new WalBatch { Slab = pool.Rent("test") };
        Assert.True(reader.TryRead(batch));
        var log = new BatchLog();
        log.Add(batch);
        batch.ReturnSlab();
        return string.Join(' ', Assert.Single(log.Rows).Values);
    }
}
