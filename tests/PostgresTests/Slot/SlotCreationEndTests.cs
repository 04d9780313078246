using System.Diagnostics;
using Npgsql;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Servers.Proxies;

namespace Penstock.PostgresTests.Slot;

/// <summary>The connections of slot creation go dead without a word, and are let go of in bounded time.</summary>
[Collection(PostgresCollection.Name)]
public sealed class SlotCreationEndTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_exported_snapshot_on_a_half_open_connection_is_closed()
    {
        await using var proxy = new TcpProxy(postgres.Server.Port);
        using var direct = await postgres.NewDatabaseAsync();
        using var database = Behind(proxy, direct);
        var snapshot = ExportedSnapshot.Create(database, "half_open_snapshot", 30_000, _ => { });
        proxy.HalfOpen();
        var clock = Stopwatch.StartNew();
        await Task.Run(snapshot.Dispose).WaitAsync(Limit);
        Assert.InRange(clock.ElapsedMilliseconds, 0, 8_000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_creation_whose_answer_cannot_arrive_is_given_up(bool isExported)
    {
        await using var proxy = new TcpProxy(postgres.Server.Port);
        using var direct = await postgres.NewDatabaseAsync();
        using var database = Behind(proxy, direct);
        // A transaction with a number of its own, which the slot has to wait for.
        await using var older = new NpgsqlConnection(postgres.Server.ConnectionString(direct.Url.Database));
        await older.OpenAsync();
        await using var transaction = await older.BeginTransactionAsync();
        await using var number = new NpgsqlCommand("SELECT pg_current_xact_id()", older, transaction);
        await number.ExecuteScalarAsync();

        const int WaitMs = 6_000;
        void Create()
        {
            if (isExported)
            {
                ExportedSnapshot.Create(database, "never_exported", WaitMs, _ => { }).Dispose();
            }
            else
            {
                ReplicationSlots.Create(database, "never_made", WaitMs, _ => { });
            }
        }

        var creating = Task.Run(() => Assert.Throws<DatabaseException>(Create));
        await Task.Delay(2000);
        proxy.HalfOpen();
        var refused = await creating.WaitAsync(Limit);
        Assert.Equal(FailureClass.Unavailable, refused.Failure);
    }

    private static SourceDatabase Behind(TcpProxy proxy, SourceDatabase direct) => new(direct.Url with { Host = "127.0.0.1", Port = proxy.Port, ConnectTimeoutSeconds = 2 });
}
