using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Penstock.KafkaToPostgres.Pipeline;
using Penstock.Postgres.Apply;
using Penstock.Postgres.Connection;
using Penstock.Servers;
using Penstock.Servers.Proxies;

namespace Penstock.KafkaToPostgresTests.Pipeline;

/// <summary>Waits of the sink for its target, on a real server, and for its own stages.</summary>
public sealed class SinkWaitTests : IAsyncLifetime
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    private PostgresServer _server = null!;
    private DatabaseUrl _url = null!;

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.CreateAsync();
        Assert.True(DatabaseUrl.TryParse(_server.Url("postgres"), _ => null, out var url, out string? error), error);
        _url = url!;
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_control_statement_that_waits_for_another_session_has_an_end()
    {
        var target = new TargetDatabase(_url, controlSeconds: 1);
        using var control = target.Open();
        SinkOffsets.Create(control);
        await using var holder = new NpgsqlConnection(_server.ConnectionString());
        await holder.OpenAsync();
        await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE penstock.sink_offsets", holder);
        await hold.ExecuteNonQueryAsync();
        var refused = await RefusedAsync(() => target.Translated(() => new SinkOffsets("g").Take(control, [("t", 0)], "me")));
        Assert.Equal(FailureClass.Unavailable, refused.Failure);
    }

    [Theory]
    [InlineData("to_regclass")]
    [InlineData("INSERT INTO penstock.sink_offsets")]
    public async Task A_control_statement_whose_answer_does_not_arrive_has_an_end(string statement)
    {
        await using var proxy = new TcpProxy(_server.Port);
        var target = new TargetDatabase(_url with { Host = "127.0.0.1", Port = proxy.Port, ConnectTimeoutSeconds = 2 }, controlSeconds: 1);
        proxy.HalfOpenAt(statement);
        NpgsqlConnection? control = null;
        var refused = await RefusedAsync(() => target.Translated(() =>
        {
            control = target.Open();
            SinkOffsets.Create(control);
            return new SinkOffsets("g").Take(control, [("t", 0)], "me");
        }));
        Assert.Equal(FailureClass.Unavailable, refused.Failure);
        var clock = Stopwatch.StartNew();
        target.Close(control!);
        Assert.InRange(clock.ElapsedMilliseconds, 0, 8_000);
    }

    [Fact]
    public void A_transaction_that_meets_another_one_again_and_again_is_made_five_times_more_after_random_pauses()
    {
        var asked = new List<long>();
        int runs = 0;
        var retry = new CollisionRetry(NullLogger.Instance, () =>
        {
            asked.Add(Environment.TickCount64);
            return 0.99;
        });
        var met = Assert.Throws<PostgresException>(() => retry.Run(() => Meet(ref runs)));
        Assert.Equal("40P01", met.SqlState);
        Assert.Equal(1 + CollisionRetry.MostRetries, runs);
        // Nearly the longest: 20, 40, 80, 160 ms, and what the transaction takes.
        long[] pausesMs = [.. asked.Skip(1).Zip(asked, (next, before) => next - before)];
        Assert.All(pausesMs.Zip([20, 40, 80, 160]), pause => Assert.InRange(pause.First, (pause.Second * 9 / 10) - 2, pause.Second + 2_000));
        // What follows begins anew, and other refusals are the caller's at once.
        runs = 0;
        Assert.Equal(3, retry.Run(() => runs == 3 ? runs : Meet(ref runs)));
        var refusal = new PostgresException("no", "ERROR", "ERROR", "23505");
        runs = 0;
        Assert.Same(refusal, Assert.Throws<PostgresException>(() => retry.Run<int>(() =>
        {
            runs++;
            throw refusal;
        })));
        Assert.Equal(1, runs);
    }

    [Fact]
    public void Two_that_met_do_not_wait_equally_long()
    {
        var clock = Stopwatch.StartNew();
        int runs = 0;
        Assert.Throws<PostgresException>(() => new CollisionRetry(NullLogger.Instance, () => 0).Run(() => Meet(ref runs)));
        Assert.Equal(1 + CollisionRetry.MostRetries, runs);
        // The shortest pauses are of a millisecond: five of the longest would be 620.
        Assert.InRange(clock.ElapsedMilliseconds, 5, 500);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_end_of_a_run_does_not_wait_for_a_stage_that_hangs(bool hasFailed)
    {
        using var hangs = new ManualResetEventSlim();
        using var reached = new ManualResetEventSlim();
        var graph = new SinkGraph(new SinkLimits(65_536, 1 << 20), 100, (_, _) => { }, _ =>
        {
            reached.Set();
            hangs.Wait(60_000);
        });
        Assert.True(graph.TrySend(graph.TryRent()!));
        Assert.True(reached.Wait(10_000));
        var failure = new DatabaseException(FailureClass.Unavailable, "the target is silent");
        if (hasFailed)
        {
            graph.Fail(failure);
        }

        var clock = Stopwatch.StartNew();
        var ending = graph.EndAsync(500);
        if (hasFailed)
        {
            Assert.Same(failure, await Assert.ThrowsAsync<DatabaseException>(() => ending.WaitAsync(Longest)));
        }
        else
        {
            Assert.False(await ending.WaitAsync(Longest));
        }

        Assert.InRange(clock.ElapsedMilliseconds, 400, 10_000);
        hangs.Set();
    }

    [Fact]
    public async Task The_end_of_a_run_waits_for_what_is_on_its_way()
    {
        bool isApplied = false;
        var graph = new SinkGraph(new SinkLimits(65_536, 1 << 20), 100, (_, _) => { }, _ =>
        {
            Thread.Sleep(300);
            isApplied = true;
        });
        Assert.True(graph.TrySend(graph.TryRent()!));
        Assert.True(await graph.EndAsync(30_000));
        Assert.True(isApplied);
    }

    private static async Task<DatabaseException> RefusedAsync<T>(Func<T> work)
    {
        var working = Task.Factory.StartNew(() => Assert.Throws<DatabaseException>(() => { work(); }), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return await working.WaitAsync(Longest);
    }

    private static int Meet(ref int runs)
    {
        runs++;
        throw new PostgresException("deadlock detected", "ERROR", "ERROR", "40P01");
    }
}
