using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;

namespace Penstock.PostgresTests.Catalog;

[Collection(PostgresCollection.Name)]
public sealed class ReplicaIdentitiesTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_table_is_altered_once_and_refusals_are_told()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int PRIMARY KEY, code int NOT NULL); CREATE UNIQUE INDEX \"A code\" ON a (code)");
        foreach (var (wanted, identity) in new[] { (new WantedIdentity('f', null), "f"), (new WantedIdentity('n', null), "n"), (new WantedIdentity('d', null), "d"), (new WantedIdentity('i', "A code"), "i") })
        {
            if (identity != "d")
            {
                Assert.False(Set(database, wanted)!.Value.Failed);
            }
            else
            {
                Assert.Contains("is now DEFAULT", Set(database, wanted)!.Value.Line, StringComparison.Ordinal);
            }

            Assert.Equal(identity, database.Scalar<string>("SELECT relreplident::text FROM pg_class WHERE oid = 'a'::regclass"));
            Assert.Null(Set(database, wanted));
        }

        var refused = Set(database, new WantedIdentity('i', "nowhere"))!.Value;
        Assert.True(refused.Failed);
        Assert.Contains("As its owner, type: ALTER TABLE \"public\".\"a\" REPLICA IDENTITY USING INDEX \"nowhere\";", refused.Line, StringComparison.Ordinal);
        Assert.Equal("i", database.Scalar<string>("SELECT relreplident::text FROM pg_class WHERE oid = 'a'::regclass"));
    }

    [Fact]
    public async Task A_table_in_use_is_given_up_so_that_nobody_waits_behind()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int PRIMARY KEY)");
        using var user = database.OpenOwn();
        using (var command = new NpgsqlCommand("BEGIN; SELECT * FROM a", user))
        {
            command.ExecuteNonQuery();
        }

        Assert.Contains("lock timeout", Set(database, new WantedIdentity('f', null))!.Value.Line, StringComparison.Ordinal);
    }

    private static (string Line, bool Failed)? Set(SourceDatabase database, WantedIdentity wanted)
    {
        using var connection = database.Open();
        return ReplicaIdentities.Set(connection, CapturedTables.ReadAll(connection).Single(t => t.Name == "a"), wanted);
    }
}
