using Npgsql;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.Wal;
using Penstock.Postgres.Wal.Socket;

namespace Penstock.PostgresTests.Slot;

[Collection(PostgresCollection.Name)]
public sealed class ReplicationSlotsTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Created_found_judged_and_dropped()
    {
        using var database = await postgres.NewDatabaseAsync();
        using var connection = database.Open();
        ulong point = ReplicationSlots.Create(database, "mine", 30_000, _ => { });
        var slot = ReplicationSlots.Find(connection, "mine")!;
        Assert.Equal(("pgoutput", database.Url.Database, false, point, "reserved"), (slot.Plugin, slot.Database, slot.IsActive, slot.ConfirmedFlushLsn, slot.WalStatus));
        Assert.Null(ReplicationSlots.Unusable(slot, database.Url.Database));
        Assert.Contains("another", ReplicationSlots.Unusable(slot, "another"), StringComparison.Ordinal);
        Assert.Contains("test_decoding", ReplicationSlots.Unusable(slot with { Plugin = "test_decoding" }, database.Url.Database), StringComparison.Ordinal);
        Assert.Contains("PENSTOCK_ON_GAP=resnapshot", ReplicationSlots.Unusable(slot with { WalStatus = "lost" }, database.Url.Database), StringComparison.Ordinal);
        Assert.True(ReplicationSlots.Drop(connection, "mine"));
        Assert.False(ReplicationSlots.Drop(connection, "mine"));
        Assert.Null(ReplicationSlots.Find(connection, "mine"));
    }

    [Fact]
    public async Task The_catalog_xmin_of_a_slot_is_read_and_a_slot_becomes_a_failover_slot_where_the_server_has_them()
    {
        using var database = await postgres.NewDatabaseAsync();
        using var connection = database.Open();
        ReplicationSlots.Create(database, "xmin", 30_000, _ => { });
        Assert.Equal(database.Scalar<string>("SELECT catalog_xmin::text FROM pg_replication_slots WHERE slot_name = 'xmin'"), $"{ReplicationSlots.CatalogXmin(connection, "xmin")}");
        Assert.Null(ReplicationSlots.CatalogXmin(connection, "gone"));
        if (database.Version() >= 17)
        {
            ReplicationSlots.MakeFailover(database, "xmin");
        }
        else
        {
            Assert.Equal(FailureClass.Preflight, Assert.Throws<DatabaseException>(() => ReplicationSlots.MakeFailover(database, "xmin")).Failure);
        }

        Assert.Equal(database.Version() >= 17, ReplicationSlots.Find(connection, "xmin")!.IsFailover);
        ReplicationSlots.Drop(connection, "xmin");
    }

    [Fact]
    public async Task A_slot_that_somebody_reads_is_a_failure_of_its_own_class()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE PUBLICATION p");
        database.Run("SELECT pg_create_logical_replication_slot('busy', 'pgoutput')");
        var request = new WalStreamRequest("busy", "p");
        using var first = new SocketWalReader(database, request, 15, TimeProvider.System);
        var own = Assert.Throws<DatabaseException>(() => new SocketWalReader(database, request, 15, TimeProvider.System));
        Assert.Equal(FailureClass.SlotActive, own.Failure);
        Assert.Contains("\"busy\" is active for PID", own.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_holds_up_the_creation_is_named()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE t (id int)");
        using var old = database.OpenOwn();
        using (var command = new NpgsqlCommand("SET application_name = 'old report'; BEGIN; INSERT INTO t VALUES (1)", old))
        {
            command.ExecuteNonQuery();
        }

        string word = "";
        var plain = Assert.Throws<DatabaseException>(() => ReplicationSlots.Create(database, "held_up", 5_500, w => word = w));
        Assert.Contains("'old report'", plain.Message, StringComparison.Ordinal);
        Assert.Contains($"process {old.ProcessID} ", word, StringComparison.Ordinal);
        word = "";
        var failure = Assert.Throws<DatabaseException>(() => ExportedSnapshot.Create(database, "held_up", 6_000, w => word = w));
        Assert.Equal(FailureClass.Unavailable, failure.Failure);
        Assert.Contains($"process {old.ProcessID} ", word, StringComparison.Ordinal);
        Assert.Contains("'old report'", failure.Message, StringComparison.Ordinal);
        for (int i = 0; i < 100 && database.Scalar<long>("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'held_up'") > 0; i++)
        {
            await Task.Delay(50);
        }

        Assert.Equal(0, database.Scalar<long>("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'held_up'"));
    }

    [Fact]
    public async Task The_last_status_reaches_the_slot_also_when_a_backlog_is_unread()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE t (v text); CREATE PUBLICATION p FOR TABLE t");
        database.Run("SELECT pg_create_logical_replication_slot('goodbye', 'pgoutput')");
        for (int i = 0; i < 20; i++)
        {
            database.Run("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 1000)");
        }

        var pool = new Penstock.Engine.Buffers.SlabPool("test", 64 * 1024, 1);
        ulong commit = 0;
        using (var reader = new SocketWalReader(database, new WalStreamRequest("goodbye", "p"), 15, TimeProvider.System))
        {
            var log = StreamLog.Read(reader, pool, l => l.Messages.Any(m => m.Kind == 'C'));
            commit = log.Messages.First(m => m.Kind == 'C').WalStart;
            reader.SendStatus(commit);
        }

        using var connection = database.Open();
        var slot = ReplicationSlots.Find(connection, "goodbye")!;
        Assert.Equal(commit, slot.ConfirmedFlushLsn);
        Assert.False(slot.IsActive);
    }
}
