using Penstock.Engine.Buffers;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;
using Penstock.Postgres.Wal.Socket;

namespace Penstock.PostgresTests.Wal;

[Collection(PostgresCollection.Name)]
public sealed class ServerTimeoutsTests(PostgresFixture postgres)
{
    /// <summary>Decoding a transaction is one transaction of the walsender, which lasts as long as the reader takes its rows.</summary>
    [Theory]
    [InlineData("socket")]
    [InlineData("npgsql")]
    public async Task A_transaction_may_be_read_for_longer_than_the_databases_timeouts(string kind)
    {
        using var database = await postgres.NewDatabaseAsync();
        string slot = $"slow_{kind}";
        // 40 MB: far more than the buffers of the two sockets hold.
        database.Run("CREATE TABLE t (v text); CREATE PUBLICATION p FOR TABLE t");
        database.Run($"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')");
        database.Run("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 40000)");
        string[] timeouts = ["idle_session_timeout", "statement_timeout", .. database.Version() >= 17 ? ["transaction_timeout"] : Array.Empty<string>()];
        database.Run(string.Join(' ', timeouts.Select(timeout => $"ALTER DATABASE {database.Url.Database} SET {timeout} = '500ms';")));
        using var hasty = new SourceDatabase(database.Url);
        var request = new WalStreamRequest(slot, "p");
        var pool = new SlabPool("test", 256 * 1024, 1);
        using (IWalReader reader = kind == "socket" ? new SocketWalReader(hasty, request, database.Version(), TimeProvider.System) : new NpgsqlWalReader(hasty, request, TimeProvider.System))
        {
            bool paused = false;
            var log = StreamLog.Read(reader, pool, l => l.Messages.Any(m => m.Kind == 'C'), _ =>
            {
                Thread.Sleep(paused ? 0 : 1500);
                paused = true;
            });
            Assert.Equal(40_000, log.Rows.Count());
        }

        database.Run($"SELECT pg_drop_replication_slot('{slot}')");
    }
}
