using Microsoft.Extensions.Logging.Abstractions;
using Penstock.Kafka.Topics;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;
using Penstock.PostgresToKafka.Pipeline;
using Penstock.Servers.Proxies;

namespace Penstock.PostgresToKafkaTests.Pipeline;

/// <summary>Timers that nobody waits for: a look that takes longer than the interval is not joined by a second, has an end, and is followed by the next.</summary>
[Collection(PipelineServerCollection.Name)]
public sealed class WatchTimerTests(PipelineServer postgres)
{
    private const int IntervalMs = 50;

    [Fact]
    public async Task A_heartbeat_action_that_takes_long_runs_once_at_a_time()
    {
        var url = await postgres.NewDatabaseAsync("CREATE TABLE beat (at timestamptz DEFAULT clock_timestamp())");
        using var database = new SourceDatabase(url);
        using (HeartbeatAction.Start(database, IntervalMs, "INSERT INTO beat SELECT FROM pg_sleep(1)", NullLogger.Instance))
        {
            await AssertAtMostOneAsync(url, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'INSERT INTO beat%' AND state = 'active'", 40);
        }

        Assert.InRange(await postgres.Server.ScalarAsync<long>("SELECT count(*) FROM beat", url.Database), 1, 5);
    }

    [Fact]
    public async Task A_heartbeat_action_that_says_something_without_end_is_ended_and_followed_by_the_next()
    {
        var url = await postgres.NewDatabaseAsync("CREATE SEQUENCE begun");
        using var database = new SourceDatabase(url with { CommandTimeoutSeconds = 1 });
        using var heartbeat = HeartbeatAction.Start(
            database, IntervalMs, "DO $$ BEGIN PERFORM nextval('begun'); LOOP RAISE WARNING 'still here'; PERFORM pg_sleep(0.05); END LOOP; END $$", NullLogger.Instance);
        await PipelineServer.UntilAsync(async () => await postgres.Server.ScalarAsync<long>("SELECT last_value FROM begun", url.Database) >= 2, "a second action");
    }

    [Fact]
    public async Task A_look_at_catalog_xmin_over_a_connection_that_is_dead_is_ended_and_followed_by_the_next()
    {
        var url = await postgres.NewDatabaseAsync();
        await postgres.Server.ExecuteAsync("SELECT pg_create_logical_replication_slot('xmin_slot', 'pgoutput')", url.Database);
        await using var proxy = new TcpProxy(postgres.Server.Port);
        using var database = PipelineServer.Behind(proxy, url, 2);
        using (var xmin = CatalogXmin.Start(database, "xmin_slot", IntervalMs, NullLogger.Instance)!)
        {
            Assert.NotEqual(0u, xmin.Value);
            proxy.HalfOpen();
            await postgres.Server.ExecuteAsync("SELECT pg_drop_replication_slot('xmin_slot')");
            await Task.Delay(1_000);
            // The first look waits for an answer, and no second one has opened a connection of its own.
            Assert.Equal(1, proxy.Accepted);
            await PipelineServer.UntilAsync(() => Task.FromResult(xmin.Value == 0), "a look over a new connection");
        }
    }

    [Fact]
    public async Task A_look_whether_the_server_shuts_down_is_not_joined_by_a_second_and_has_an_end()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var url = new DatabaseUrl { Host = "127.0.0.1", Port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port, User = "u", Database = "d", Tls = TlsMode.Disable, ConnectTimeoutSeconds = 2 };
        using var database = new SourceDatabase(url);
        Exception? failure = null;
        using var watch = new ShutdownWatch(database, new AskingReader(), error => failure = error, IntervalMs);
        using var first = await listener.AcceptSocketAsync();
        // Says nothing. A second look would be here within the interval.
        await Task.Delay(1_000);
        Assert.False(listener.Pending());
        // The first is given up, and the next one comes.
        using var second = await listener.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(15));
        Assert.Null(failure);
    }

    [Fact]
    public async Task A_look_at_topics_is_not_joined_by_a_second()
    {
        int looking = 0, most = 0, looks = 0;
        using var go = new ManualResetEventSlim();
        using (new TopicWatch(
            () =>
            {
                most = Math.Max(most, Interlocked.Increment(ref looking));
                Interlocked.Increment(ref looks);
                go.Wait(10_000);
                Interlocked.Decrement(ref looking);
                return [];
            },
            IntervalMs,
            new HashSet<PartitionChange>(),
            NullLogger.Instance))
        {
            await Task.Delay(1_000);
            Assert.Equal((1, 1), (looks, most));
            go.Set();
            await PipelineServer.UntilAsync(() => Task.FromResult(Volatile.Read(ref looks) > 3), "further looks");
            Assert.Equal(1, most);
        }
    }

    private async Task AssertAtMostOneAsync(DatabaseUrl url, string countSql, int looks)
    {
        long most = 0;
        for (int look = 0; look < looks; look++)
        {
            most = Math.Max(most, await postgres.Server.ScalarAsync<long>(countSql, url.Database));
            await Task.Delay(25);
        }

        Assert.Equal(1, most);
    }

    /// <summary>A stream whose server wants an answer all the time.</summary>
    private sealed class AskingReader : IWalReader
    {
        private long _wanted;

        public ulong ReceivedLsn => 0;

        public long AnswersWanted => Interlocked.Increment(ref _wanted);

        public bool TryRead(WalBatch batch, int timeoutMs) => false;

        public void SendStatus(ulong confirmedLsn) => _ = confirmedLsn;

        public void Stop() => _ = _wanted;

        public void Dispose() => _ = _wanted;
    }
}
