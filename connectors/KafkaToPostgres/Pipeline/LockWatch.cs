using Microsoft.Extensions.Logging;
using Npgsql;
using Penstock.Postgres.Apply;
using Penstock.Postgres.Connection;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>Says who holds what a long transaction waits for: a lock of another session stops the pipeline without any error.</summary>
internal sealed class LockWatch : IDisposable
{
    private const int FirstLookMs = 3000;
    private const int NextLookMs = 30_000;

    private const string BlockersSql = """
        SELECT string_agg(format('%s (%s, %s)', a.pid, coalesce(nullif(a.application_name, ''), a.usename::text), a.state), ', ')
        FROM unnest(pg_blocking_pids($1)) AS b(pid) JOIN pg_stat_activity a ON a.pid = b.pid
        """;

    private readonly TargetDatabase _target;
    private readonly int _session;
    private readonly ILogger _logger;
    private readonly Timer _timer;

    /// <param name="target">For a connection of its own.</param>
    /// <param name="session">The server process that applies.</param>
    /// <param name="logger">Gets the warning.</param>
    public LockWatch(TargetDatabase target, int session, ILogger logger)
    {
        _target = target;
        _session = session;
        _logger = logger;
        _timer = new Timer(static watch => ((LockWatch)watch!).Look(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>A transaction begins.</summary>
    public void Begin() => _timer.Change(FirstLookMs, NextLookMs);

    /// <summary>It is over.</summary>
    public void End() => _timer.Change(Timeout.Infinite, Timeout.Infinite);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        try
        {
            using var connection = _target.Open();
            using var command = new NpgsqlCommand(BlockersSql, connection);
            command.Parameters.Add(new NpgsqlParameter { Value = _session });
            if (_target.Translated(() => command.ExecuteScalar()) is string blockers)
            {
                _logger.LogWarning("the target keeps rows waiting: a lock is held by {Sessions}", blockers);
            }
        }
        catch (DatabaseException unavailable)
        {
            // What applies meets the same and reports it.
            _logger.LogDebug("no look at locks: {Reason}", unavailable.Message);
        }
    }
}
