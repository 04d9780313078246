using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Penstock.KafkaToPostgres.Pipeline;
using Penstock.Postgres.Apply;
using Penstock.Postgres.Connection;
using Penstock.Servers;
using Penstock.Servers.Proxies;

namespace Penstock.KafkaToPostgresTests.Pipeline;

/// <summary>The session that applies, on a real server behind a proxy that can let connections go dead; looks twice a second.</summary>
public sealed class ApplyWatchTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private readonly TaskCompletionSource<Exception> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PostgresServer _server = null!;
    private TcpProxy _proxy = null!;
    private TargetDatabase _target = null!;
    private NpgsqlConnection _applying = null!;

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.CreateAsync();
        _proxy = ProxyTo(_server);
        Assert.True(DatabaseUrl.TryParse(_server.Url("postgres"), _ => null, out var url, out string? error), error);
        _target = new TargetDatabase(url! with { Host = "127.0.0.1", Port = _proxy.Port, ConnectTimeoutSeconds = 2 });
        _applying = _target.OpenPatient();
    }

    public async Task DisposeAsync()
    {
        var clock = Stopwatch.StartNew();
        _target.Close(_applying);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(8), "closing a connection is bounded");
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_session_that_works_is_left_alone()
    {
        using var watch = Watch();
        watch.Begin();
        await Task.Run(() => Execute("SELECT pg_sleep(4)")).WaitAsync(Limit);
        watch.End();
        Assert.False(_failure.Task.IsCompleted);
    }

    [Fact]
    public async Task A_session_that_waits_for_a_lock_is_left_alone()
    {
        await _server.ExecuteAsync("CREATE TABLE t (id int)");
        await using var holder = new NpgsqlConnection(_server.ConnectionString("postgres"));
        await holder.OpenAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("LOCK TABLE t", holder);
        await hold.ExecuteNonQueryAsync();
        using var watch = Watch();
        watch.Begin();
        var applying = Task.Run(() => Execute("INSERT INTO t VALUES (1)"));
        await Task.Delay(4000);
        Assert.False(_failure.Task.IsCompleted);
        await transaction.RollbackAsync();
        await applying.WaitAsync(Limit);
        watch.End();
    }

    [Fact]
    public async Task An_answer_that_does_not_arrive_is_noticed_and_the_session_ended()
    {
        Execute("BEGIN");
        int session = _applying.ProcessID;
        _proxy.LoseAnswers();
        using var watch = Watch();
        watch.Begin();
        _ = Task.Run(() => Execute("CREATE TABLE t (id int)"));
        var failure = Assert.IsType<DatabaseException>(await _failure.Task.WaitAsync(Limit));
        Assert.Equal(FailureClass.Unavailable, failure.Failure);
        for (var until = DateTime.UtcNow + Limit; await _server.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {session})"); await Task.Delay(50))
        {
            Assert.True(DateTime.UtcNow < until, "the session still holds its locks");
        }
    }

    [Fact]
    public async Task A_half_open_connection_is_noticed()
    {
        _proxy.HalfOpen();
        using var watch = Watch();
        watch.Begin();
        _ = Task.Run(() => Execute("SELECT 1"));
        Assert.IsType<DatabaseException>(await _failure.Task.WaitAsync(Limit));
    }

    [Fact]
    public async Task A_server_that_is_silent_to_new_connections_too_is_noticed()
    {
        using var watch = Watch();
        _server.Pause();
        try
        {
            watch.Begin();
            _ = Task.Run(() => Execute("SELECT 1"));
            Assert.IsType<DatabaseException>(await _failure.Task.WaitAsync(Limit));
        }
        finally
        {
            _server.Continue();
        }
    }

    private static TcpProxy ProxyTo(PostgresServer server) => new(server.Port);

    private ApplyWatch Watch() => new(_target, _applying.ProcessID, error => _failure.TrySetResult(error), NullLogger.Instance, 500, 500);

    private void Execute(string sql)
    {
        using var command = new NpgsqlCommand(sql, _applying);
        command.ExecuteNonQuery();
    }
}
