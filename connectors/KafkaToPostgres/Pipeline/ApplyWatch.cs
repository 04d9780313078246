using Microsoft.Extensions.Logging;
using Npgsql;
using Penstock.Postgres.Apply;
using Penstock.Postgres.Connection;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>
/// Looks over another connection at the session that applies, while a transaction takes long. Who holds a lock that it waits for is said: that stops the pipeline without any error. And a connection that is
/// dead without a word is found: the server waits for this process, or has ended the session, while this process waits for the server. A session that works, or waits for a lock, is left alone however long.
/// </summary>
internal sealed class ApplyWatch : IDisposable
{
    public const int FirstLookMs = 3_000;
    public const int NextLookMs = 10_000;

    /// <summary>A lock is told at the first look and then at each third.</summary>
    private const int LooksForAWord = 3;

    private const string BlockersSql = """
        (SELECT string_agg(format('%s (%s, %s)', b.pid, coalesce(nullif(b.application_name, ''), b.usename::text), b.state), ', ')
         FROM unnest(pg_blocking_pids($1)) AS p(pid) JOIN pg_stat_activity b ON b.pid = p.pid)
        """;

    private readonly TargetDatabase _target;
    private readonly int _session;
    private readonly Action<Exception> _fail;
    private readonly ILogger _logger;
    private readonly int _firstLookMs;
    private readonly int _nextLookMs;
    private readonly Timer _timer;
    private int _transaction;
    private int _looking;
    private int _looks;
    private int _unreachable;
    private string? _standsAt;

    /// <param name="target">For a connection of its own.</param>
    /// <param name="session">The server process that applies.</param>
    /// <param name="fail">Told that the connection is dead; the session at the server has been ended, where it could be reached.</param>
    /// <param name="logger">Gets the warning of locks.</param>
    /// <param name="firstLookMs">How long a transaction may take before it is looked at.</param>
    /// <param name="nextLookMs">From look to look; what stands still from one to the next is dead.</param>
    public ApplyWatch(TargetDatabase target, int session, Action<Exception> fail, ILogger logger, int firstLookMs = FirstLookMs, int nextLookMs = NextLookMs)
    {
        _target = target;
        _session = session;
        _fail = fail;
        _logger = logger;
        _firstLookMs = firstLookMs;
        _nextLookMs = nextLookMs;
        _timer = new Timer(static watch => ((ApplyWatch)watch!).TryLook(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>A transaction begins.</summary>
    public void Begin()
    {
        Interlocked.Increment(ref _transaction);
        _timer.Change(_firstLookMs, _nextLookMs);
    }

    /// <summary>It is over.</summary>
    public void End()
    {
        Interlocked.Increment(ref _transaction);
        _timer.Change(Timeout.Infinite, Timeout.Infinite);
    }

    public void Dispose() => _timer.Dispose();

    private void TryLook()
    {
        // A target that is slow to answer is not asked twice at once.
        if (Interlocked.Exchange(ref _looking, 1) == 1)
        {
            return;
        }

        int transaction = Volatile.Read(ref _transaction);
        try
        {
            Look(transaction);
            _unreachable = 0;
        }
        catch (DatabaseException refused) when (refused.SqlState.Length > 0)
        {
            // It answers: what applies meets the same and reports it.
            _unreachable = 0;
            _logger.LogDebug("no look at the session: {Reason}", refused.Message);
        }
        catch (DatabaseException unreachable)
        {
            if (++_unreachable > 1 && transaction == Volatile.Read(ref _transaction))
            {
                _fail(unreachable);
            }
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }

    private void Look(int transaction)
    {
        using var connection = _target.Open();
        var (blockers, standsAt) = _target.Translated(() => Read(connection));
        if (blockers is not null && _looks++ % LooksForAWord == 0)
        {
            _logger.LogWarning("the target keeps rows waiting: a lock is held by {Sessions}", blockers);
        }

        _looks = blockers is null ? 0 : _looks;
        bool isDead = standsAt is not null && (standsAt.Length == 0 || standsAt == _standsAt);
        _standsAt = standsAt;
        // What has come while the server was asked proves it alive.
        if (isDead && transaction == Volatile.Read(ref _transaction))
        {
            // It has the locks that the next run needs, and does not know that nobody is there any more.
            using var end = new NpgsqlCommand("SELECT pg_terminate_backend($1)", connection);
            end.Parameters.Add(new NpgsqlParameter { Value = _session });
            _target.Translated(end.ExecuteScalar);
            _fail(new DatabaseException(
                FailureClass.Unavailable,
                standsAt!.Length == 0 ? "the target has ended the session that applies rows, and this end was not told." : "the target waits for this process and this process for the target: what one of them has sent has not arrived."));
        }
    }

    /// <summary>Who blocks the session, or null; and where it stands: null while it works, "" if it is gone, else a text that changes with everything that it does.</summary>
    private (string? Blockers, string? StandsAt) Read(NpgsqlConnection connection)
    {
        // An older server does not tell how far a COPY is, so one that waits for rows cannot be told from one that is slow to get them.
        string copied = connection.PostgreSqlVersion.Major >= 14 ? "coalesce((SELECT max(c.bytes_processed) FROM pg_stat_progress_copy c WHERE c.pid = a.pid), 0)::text" : "clock_timestamp()::text";
        using var command = new NpgsqlCommand(
            $"""
            SELECT {BlockersSql},
                   CASE WHEN a.state = 'active' AND a.wait_event IS DISTINCT FROM 'ClientRead' THEN NULL
                        WHEN a.state = 'active' THEN format('%s %s', a.state_change, {copied})
                        ELSE format('%s %s', a.state, a.state_change) END
            FROM pg_stat_activity a WHERE a.pid = $1
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter { Value = _session });
        using var row = command.ExecuteReader();
        return row.Read() ? (row.IsDBNull(0) ? null : row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1)) : (null, "");
    }
}
