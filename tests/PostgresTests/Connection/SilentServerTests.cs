using System.Diagnostics;
using System.Text;
using Npgsql;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Apply;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.State;
using Penstock.Postgres.Wal;
using Penstock.Postgres.Wal.Socket;
using Penstock.PostgresTests.Hostile;
using Penstock.PostgresTests.Wal;
using Penstock.Servers.Proxies;

namespace Penstock.PostgresTests.Connection;

/// <summary>Every wait for a server's answer that has a limit of its own, with a short limit, on connections that go dead without a word at that very question.</summary>
[Collection(PostgresCollection.Name)]
public sealed class SilentServerTests(PostgresFixture postgres)
{
    private const int LimitSeconds = 1;

    /// <summary>Twice the limit of a statement, and what the driver takes to cancel and to close.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(12);

    [Theory]
    [InlineData("BEGIN ISOLATION LEVEL")]
    [InlineData("SET TRANSACTION SNAPSHOT")]
    [InlineData("LOCK TABLE")]
    [InlineData("pg_snapshot_xmax")]
    [InlineData("SET row_security")]
    [InlineData("SELECT 'an initial statement'")]
    public Task The_start_of_a_snapshot(string question) => AssertGivenUpAsync(question, (database, pool) =>
    {
        using var connection = database.Open();
        var request = new SnapshotRequest { Tables = CapturedTables.ReadAll(connection), NewSlot = "silent", LockTimeoutMs = 500 };
        SnapshotReader.Start(database, pool, request, TimeProvider.System).Dispose();
    });

    [Fact]
    public Task The_lock_of_a_snapshot() => AssertGivenUpAsync("pg_try_advisory_lock", (database, _) => SnapshotLock.Take(database, "s").Dispose());

    [Fact]
    public Task IDENTIFY_SYSTEM() => AssertGivenUpAsync("IDENTIFY_SYSTEM", (database, _) => ServerIdentity.Read(database));

    [Fact]
    public Task START_REPLICATION() =>
        AssertGivenUpAsync("START_REPLICATION", (database, _) => new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System).Dispose());

    [Fact]
    public async Task IDENTIFY_SYSTEM_with_notices_without_end()
    {
        // A version of which no connection asks anything before.
        byte[] greeting = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(HostileServer.Greeting).Replace("15.18", "13.18", StringComparison.Ordinal));
        using var server = new HostileServer(async (stream, stop) =>
        {
            await HostileServer.SkipAsync(stream, 0, stop);
            await stream.WriteAsync(greeting, stop);
            await HostileServer.SkipAsync(stream, 1, stop);
            await HostileServer.RepeatAsync(stream, HostileServer.Notice(), stop);
        });
        using var database = new SourceDatabase(server.Url with { CommandTimeoutSeconds = LimitSeconds });
        await AssertUnavailableAsync(() => ServerIdentity.Read(database));
    }

    [Fact]
    public async Task The_answer_to_START_REPLICATION_comes_byte_by_byte_and_has_one_limit_for_all_of_it()
    {
        using var server = new HostileServer(async (stream, stop) =>
        {
            await HostileServer.GreetAsync(stream, stop);
            await HostileServer.SkipAsync(stream, 1, stop);
            while (true)
            {
                await HostileServer.TrickleAsync(stream, HostileServer.Notice(), stop);
                await Task.Delay(100, stop);
            }
        });
        using var database = new SourceDatabase(server.Url with { CommandTimeoutSeconds = LimitSeconds });
        await AssertUnavailableAsync(() => new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System).Dispose());
    }

    [Fact]
    public async Task The_authentication_of_the_stream_has_one_limit_for_all_of_it()
    {
        using var server = new HostileServer(async (stream, stop) =>
        {
            await HostileServer.SkipAsync(stream, 0, stop);
            while (true)
            {
                await HostileServer.TrickleAsync(stream, HostileServer.Notice(), stop);
                await Task.Delay(100, stop);
            }
        });
        using var database = new SourceDatabase(server.Url with { ConnectTimeoutSeconds = LimitSeconds });
        await AssertUnavailableAsync(() => new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System).Dispose());
    }

    [Fact]
    public async Task The_greeting_of_the_target_with_notices_without_end()
    {
        using var server = new HostileServer(async (stream, stop) =>
        {
            await HostileServer.SkipAsync(stream, 0, stop);
            await HostileServer.RepeatAsync(stream, HostileServer.Notice(), stop);
        });
        var target = new TargetDatabase(server.Url with { ConnectTimeoutSeconds = LimitSeconds, LongestBeginMs = 1_500 });
        await AssertUnavailableAsync(() => target.Open().Dispose());
    }

    [Fact]
    public async Task A_status_that_the_server_does_not_take_is_given_up()
    {
        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url with { SendTimeoutMs = 500 });
        var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        long longestMs = 0;
        ulong lsn = 0;
        // The kernel takes some megabytes of them before one has to wait.
        await AssertUnavailableAsync(() =>
        {
            while (true)
            {
                long before = Environment.TickCount64;
                try
                {
                    reader.SendStatus(++lsn);
                }
                finally
                {
                    longestMs = Environment.TickCount64 - before;
                }
            }
        });
        Assert.InRange(longestMs, 400, 5_000);
        // Goodbye does not find room either.
        var clock = Stopwatch.StartNew();
        await Task.Run(reader.Dispose).WaitAsync(Longest);
        Assert.InRange(clock.ElapsedMilliseconds, 0, 5_000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_publication_waits_for_locks_no_longer_than_told(bool exists)
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)");
        if (exists)
        {
            database.Run("CREATE PUBLICATION p FOR TABLE a");
        }

        using var holder = database.OpenOwn();
        using (var hold = new NpgsqlCommand("BEGIN; LOCK TABLE b IN ACCESS EXCLUSIVE MODE", holder))
        {
            hold.ExecuteNonQuery();
        }

        using var connection = database.Open();
        var captured = CapturedTables.ReadAll(connection);
        var request = new PublicationRequest("p", PublicationMode.Filtered) { LockTimeoutMs = 1_000 };
        var refused = await AssertUnavailableAsync(() => Publications.Ensure(connection, request, captured));
        Assert.Contains("within 1 s, because another session has a lock", refused.Message, StringComparison.Ordinal);
        // The connection is of use afterwards.
        Assert.Equal(exists, Publications.Find(connection, "p") is not null);
    }

    [Fact]
    public async Task The_end_of_the_driver_s_stream_on_a_half_open_connection()
    {
        await using var proxy = new TcpProxy(postgres.Server.Port);
        using var direct = await postgres.NewDatabaseAsync();
        direct.Run("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t");
        direct.Run("SELECT pg_create_logical_replication_slot('half_open_end', 'pgoutput')");
        using var database = Behind(proxy, direct);
        var reader = new NpgsqlWalReader(database, new WalStreamRequest("half_open_end", "p"), TimeProvider.System, closeMs: 500);
        var batch = new WalBatch { Slab = new SlabPool("test", 4096, 1).Rent("test") };
        reader.TryRead(batch, 200);
        proxy.HalfOpen();
        var clock = Stopwatch.StartNew();
        await Task.Run(reader.Dispose).WaitAsync(Longest);
        Assert.InRange(clock.ElapsedMilliseconds, 0, 5_000);
        EndWalsender(direct, "half_open_end");
    }

    private async Task AssertGivenUpAsync(string question, Action<SourceDatabase, SlabPool> work)
    {
        await using var proxy = new TcpProxy(postgres.Server.Port);
        using var direct = await postgres.NewDatabaseAsync();
        direct.Run("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t");
        using var database = Behind(proxy, direct);
        // Connections of the pool that say something at their beginning have said it.
        database.Run("SELECT 1");
        proxy.HalfOpenAt(question);
        await AssertUnavailableAsync(() => work(database, new SlabPool("test", 65_536, 1)));
        Assert.Equal(1, proxy.Sprung);
    }

    private static async Task<DatabaseException> AssertUnavailableAsync(Action work)
    {
        // A thread of its own: other tests may keep the pool's busy.
        var working = Task.Factory.StartNew(() => Assert.Throws<DatabaseException>(work), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var refused = await working.WaitAsync(Longest);
        Assert.Equal(FailureClass.Unavailable, refused.Failure);
        return refused;
    }

    private static void EndWalsender(SourceDatabase database, string slot) =>
        database.Run($"SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '{slot}'; SELECT pg_sleep(0.2); SELECT pg_drop_replication_slot('{slot}')");

    private static SourceDatabase Behind(TcpProxy proxy, SourceDatabase direct) => new(
        direct.Url with { Host = "127.0.0.1", Port = proxy.Port, ConnectTimeoutSeconds = 2, CommandTimeoutSeconds = LimitSeconds }, ["SELECT 'an initial statement'"]);
}
