using Penstock.Postgres.Connection;
using Penstock.Postgres.Snapshot;
using Penstock.PostgresToKafka.Pipeline;
using Penstock.Servers.Proxies;

namespace Penstock.PostgresToKafkaTests.Pipeline;

/// <summary>Chunks of a snapshot on request over a connection that goes dead without a word.</summary>
[Collection(PipelineServerCollection.Name)]
public sealed class SilenceWatchTests(PipelineServer postgres) : IDisposable
{
    private const int LimitMs = 400;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    private readonly TaskCompletionSource<Exception> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _test = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_to_a_chunk_s_question_that_does_not_arrive_ends_the_run_and_the_session(bool questionArrives)
    {
        var url = await NewDatabaseAsync();
        await using var proxy = new TcpProxy(postgres.Server.Port);
        using var database = PipelineServer.Behind(proxy, url, 60);
        var chunks = Reader(database);
        chunks.Lock("s");
        int session = chunks.Backend;
        using var watch = SilenceWatch.OfChunks(database, chunks, error => _failure.TrySetResult(error), LimitMs);
        if (questionArrives)
        {
            proxy.LoseAnswers();
        }
        else
        {
            proxy.HalfOpen();
        }

        _ = Task.Factory.StartNew(() => chunks.ReadMaximum(new ChunkRequest("public", "t", null, null), out _), _test.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var failure = Assert.IsType<DatabaseException>(await _failure.Task.WaitAsync(Longest));
        Assert.Equal(FailureClass.Unavailable, failure.Failure);
        Assert.Contains("the answer has not arrived", failure.Message, StringComparison.Ordinal);
        // Else it would keep the lock that the next run needs.
        await PipelineServer.UntilAsync(async () => !await postgres.Server.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {session})"), "the session is ended");
        await Task.Run(chunks.Dispose).WaitAsync(Longest);
    }

    [Fact]
    public async Task A_chunk_s_question_that_the_server_still_works_at_is_waited_for()
    {
        var url = await NewDatabaseAsync();
        using var database = new SourceDatabase(url);
        using var chunks = Reader(database);
        using var watch = SilenceWatch.OfChunks(database, chunks, error => _failure.TrySetResult(error), LimitMs);
        var reading = Task.Run(() => chunks.ReadMaximum(new ChunkRequest("public", "t", null, "pg_sleep(3) IS NOT NULL"), out _));
        Assert.Equal(ChunkAnswer.Read, await reading.WaitAsync(Longest));
        Assert.False(_failure.Task.IsCompleted);
    }

    [Fact]
    public async Task A_transaction_of_the_stream_that_does_not_become_visible_is_an_error_that_names_it()
    {
        var url = await NewDatabaseAsync();
        using var database = new SourceDatabase(url);
        using var open = database.OpenOwn();
        using var begin = new Npgsql.NpgsqlCommand("BEGIN; SELECT pg_current_xact_id()::text::bigint", open);
        uint transaction = (uint)(long)begin.ExecuteScalar()!;
        using var chunks = Reader(database, visibilityTimeoutMs: 700);
        long before = Environment.TickCount64;
        var reading = Task.Run(() => Assert.Throws<DatabaseException>(() => chunks.Read(new ChunkRequest("public", "t", null, null), null, ["1"], 10, [transaction], new ChunkRows())));
        var refused = await reading.WaitAsync(Longest);
        Assert.InRange(Environment.TickCount64 - before, 600, 10_000);
        Assert.Equal(FailureClass.Unavailable, refused.Failure);
        Assert.Contains($"transaction {transaction} is in the replication stream", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _test.Cancel();
        _test.Dispose();
    }

    private Task<DatabaseUrl> NewDatabaseAsync() =>
        postgres.NewDatabaseAsync("CREATE TABLE signal (id text, type text, data text); CREATE TABLE t (k int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'one')");

    private static ChunkReader Reader(SourceDatabase database, int visibilityTimeoutMs = 60_000) =>
        new(database, new SignalTableName("public", "signal"), closesByDelete: false, TimeProvider.System) { VisibilityTimeoutMs = visibilityTimeoutMs };
}
