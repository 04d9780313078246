using Penstock.Postgres.State;

namespace Penstock.PostgresTests.State;

[Collection(PostgresCollection.Name)]
public sealed class SnapshotMemoryTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_start_finds_the_newest_state_that_the_slot_has_passed()
    {
        using var database = await postgres.NewDatabaseAsync();
        new PipelineState(database, "p", isKept: true).Ensure();
        var memory = new SnapshotMemory(database, "p", "no_slot");
        memory.Ensure();
        memory.Ensure();
        Assert.Null(memory.Load(100));
        Save(100, "at 100");
        Save(200, "at 200");
        Save(200, "at 200, later");
        Save(300, "at 300");
        // The commit at 300 begins at the confirmed position: it is sent again.
        Assert.Equal("at 200, later", memory.Load(300));
        Assert.Equal(2, database.Scalar<long>("SELECT count(*) FROM penstock.incremental_snapshot"));
        Assert.Null(new SnapshotMemory(database, "other", "no_slot").Load(1000));
        memory.Forget();
        Assert.Null(memory.Load(1000));

        void Save(ulong lsn, string state)
        {
            using var connection = database.Open();
            memory.Save(connection, lsn, state);
        }
    }

    [Fact]
    public async Task States_that_no_start_can_need_are_dropped()
    {
        using var database = await postgres.NewDatabaseAsync();
        new PipelineState(database, "p", isKept: true).Ensure();
        database.Run("SELECT pg_create_logical_replication_slot('memory_slot', 'pgoutput')");
        var memory = new SnapshotMemory(database, "p", "memory_slot");
        memory.Ensure();
        using var connection = database.Open();
        memory.Save(connection, 100, "first");
        memory.Save(connection, 200, "second");
        memory.Save(connection, ulong.MaxValue, "not confirmed");
        Assert.Equal("second,not confirmed", database.Scalar<string>("SELECT string_agg(state, ',' ORDER BY commit_lsn) FROM penstock.incremental_snapshot"));
        database.Run("SELECT pg_drop_replication_slot('memory_slot')");
    }
}
