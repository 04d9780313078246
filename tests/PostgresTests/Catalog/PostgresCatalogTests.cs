using Penstock.Postgres.Catalog;

namespace Penstock.PostgresTests.Catalog;

[Collection(PostgresCollection.Name)]
public sealed class PostgresCatalogTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_table_is_described_whole()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            CREATE SCHEMA "Mixed Case";
            CREATE TABLE "Mixed Case"."T" (b int, dropped int, a numeric(10,2) DEFAULT 1.5, "c d" text NOT NULL, i bigint GENERATED ALWAYS AS IDENTITY,
              g int GENERATED ALWAYS AS (b + 1) STORED, arr int[][], PRIMARY KEY ("c d", b));
            ALTER TABLE "Mixed Case"."T" DROP COLUMN dropped;
            CREATE UNIQUE INDEX z_expr ON "Mixed Case"."T" (lower("c d"), b) INCLUDE (a) WHERE b > 0;
            """);
        using var catalog = new PostgresCatalog(database);
        var table = catalog.FindTable(Oid(database, "\"Mixed Case\".\"T\""))!;
        Assert.Equal(("Mixed Case", "T", 'r', 'd', false, (uint?)null), (table.Schema, table.Name, table.Kind, table.ReplicaIdentity, table.IsPartition, table.ParentOid));
        Assert.Equal(["c d", "b"], table.PrimaryKey);
        Assert.Equal(["b", "a", "c d", "i", "g", "arr"], table.Columns.Select(c => c.Name));
        Assert.Equal([1, 3, 4, 5, 6, 7], table.Columns.Select(c => c.Number));
        Assert.Equal(("numeric(10,2)", 1700u, "1.5", false), (table.Columns[1].Type, table.Columns[1].TypeOid, table.Columns[1].DefaultExpression, table.Columns[1].NotNull));
        Assert.True(table.Columns[2].NotNull);
        Assert.Equal("a", table.Columns[3].Identity);
        Assert.Equal(("s", "(b + 1)"), (table.Columns[4].Generated, table.Columns[4].DefaultExpression));
        Assert.Equal(("", "", 2), (table.Columns[5].Identity, table.Columns[5].Generated, table.Columns[5].Dimensions));
        Assert.Equal(["T_pkey", "z_expr"], table.UniqueIndexes.Select(i => i.Name));
        Assert.True(table.UniqueIndexes[0].IsPrimary);
        Assert.Equal((IEnumerable<string?>)[null, "b"], table.UniqueIndexes[1].Columns);
        Assert.Equal("(b > 0)", table.UniqueIndexes[1].Predicate);
    }

    [Fact]
    public async Task Partitions_types_and_unknown_oids()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok';
            CREATE DOMAIN price AS numeric(8,2) NOT NULL;
            CREATE TABLE root (id int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
            CREATE TABLE leaf PARTITION OF root FOR VALUES FROM (0) TO (10);
            """);
        using var catalog = new PostgresCatalog(database);
        var leaf = catalog.FindTable(Oid(database, "leaf"))!;
        Assert.True(leaf.IsPartition);
        Assert.Equal(Oid(database, "root"), leaf.ParentOid);
        Assert.Equal('p', catalog.FindTable(Oid(database, "root"))!.Kind);
        var mood = catalog.FindType(TypeOid(database, "mood"))!;
        Assert.Equal('e', mood.Kind);
        Assert.Equal(["sad", "meh", "ok"], mood.EnumLabels);
        Assert.Equal(mood.Oid, catalog.FindType(TypeOid(database, "mood[]"))!.ElementOid);
        var price = catalog.FindType(TypeOid(database, "price"))!;
        Assert.Equal(('d', 1700u, true), (price.Kind, price.BaseOid, price.NotNull));
        Assert.True(price.BaseModifier > 0);
        Assert.Null(catalog.FindTable(4_000_000_000));
        Assert.Null(catalog.FindType(4_000_000_000));
    }

    [Fact]
    public async Task Types_that_are_kept_stay_as_they_were_first_seen()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN price AS numeric(8,2) NOT NULL");
        using var catalog = new PostgresCatalog(database);
        catalog.KeepTypes();
        uint mood = TypeOid(database, "mood");
        database.Run("ALTER TYPE mood ADD VALUE 'new'; ALTER DOMAIN price DROP NOT NULL; CREATE TYPE late AS ENUM ('a')");
        uint late = TypeOid(database, "late");
        catalog.Invalidate(mood);
        Assert.Equal(["sad", "ok"], catalog.FindType(mood)!.EnumLabels);
        Assert.True(catalog.FindType(TypeOid(database, "price"))!.NotNull);
        Assert.Equal(["a"], catalog.FindType(late)!.EnumLabels);
        database.Run("ALTER TYPE late ADD VALUE 'b'");
        catalog.Invalidate(late);
        Assert.Equal(["a"], catalog.FindType(late)!.EnumLabels);
    }

    [Fact]
    public async Task A_column_is_not_null_only_when_every_row_was_checked()
    {
        using var database = await postgres.NewDatabaseAsync();
        // NOT VALID for NOT NULL came with PG 18.
        bool canWait = database.Version() >= 18;
        database.Run($"CREATE TABLE t (a int NOT NULL, b int); ALTER TABLE t {(canWait ? "ADD CONSTRAINT later NOT NULL b NOT VALID" : "ALTER b SET NOT NULL")}");
        using var catalog = new PostgresCatalog(database);
        uint oid = Oid(database, "t");
        Assert.Equal([true, !canWait], catalog.FindTable(oid)!.Columns.Select(c => c.NotNull));
        database.Run(canWait ? "ALTER TABLE t VALIDATE CONSTRAINT later" : "ALTER TABLE t ALTER b DROP NOT NULL");
        catalog.Invalidate(oid);
        Assert.Equal([true, canWait], catalog.FindTable(oid)!.Columns.Select(c => c.NotNull));
    }

    [Fact]
    public async Task What_is_invalidated_is_read_again_also_over_a_broken_connection()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE t (a int)");
        uint oid = Oid(database, "t");
        using var catalog = new PostgresCatalog(database);
        Assert.Single(catalog.FindTable(oid)!.Columns);
        database.Run("ALTER TABLE t ADD b int");
        Assert.Single(catalog.FindTable(oid)!.Columns);
        await postgres.Server.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.Url.Database}' AND pid <> pg_backend_pid()");
        catalog.Invalidate(oid);
        Assert.Equal(2, catalog.FindTable(oid)!.Columns.Length);
    }

    [Theory]
    [InlineData(false, "a.leaf1,a.leaf2,a.plain")]
    [InlineData(true, "a.plain,a.root")]
    public async Task A_snapshot_reads_each_row_of_a_partitioned_table_once(bool viaRoot, string expected)
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            CREATE SCHEMA a; CREATE TABLE a.plain (id int); CREATE UNLOGGED TABLE a.unlogged (id int); CREATE VIEW a.v AS SELECT 1;
            CREATE TABLE a.root (id int) PARTITION BY RANGE (id); CREATE TABLE a.sub PARTITION OF a.root FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
            CREATE TABLE a.leaf1 PARTITION OF a.sub FOR VALUES FROM (0) TO (5); CREATE TABLE a.leaf2 PARTITION OF a.root FOR VALUES FROM (10) TO (20);
            """);
        using var connection = database.Open();
        var all = CapturedTables.ReadAll(connection);
        var captured = CapturedTables.Select(all, TableSelection.All);
        Assert.DoesNotContain(captured, t => t.Name is "unlogged" or "v");
        Assert.Equal(["a.plain", "a.root"], CapturedTables.ToPublish(captured).Select(t => t.FullName));
        Assert.Equal(expected, string.Join(',', CapturedTables.ToSnapshot(all, captured, viaRoot, published: null).Select(t => t.FullName)));
    }

    private static uint Oid(Penstock.Postgres.Connection.SourceDatabase database, string name) => (uint)database.Scalar<long>($"SELECT '{name}'::regclass::oid::bigint");

    private static uint TypeOid(Penstock.Postgres.Connection.SourceDatabase database, string name) => (uint)database.Scalar<long>($"SELECT '{name}'::regtype::oid::bigint");
}
