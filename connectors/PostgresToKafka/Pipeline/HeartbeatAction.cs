using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;
using Penstock.Postgres.Connection;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary><c>heartbeat.action.query</c>: runs a statement of the user's with each heartbeat, which moves the slot of a silent database in a busy server.</summary>
internal sealed class HeartbeatAction : IDisposable
{
    private readonly SourceDatabase _database;
    private readonly string _query;
    private readonly RecurringFailure _failure;
    private readonly Timer _timer;
    private int _running;

    private HeartbeatAction(SourceDatabase database, int intervalMs, string query, ILogger logger)
    {
        _database = database;
        _query = query;
        _failure = new RecurringFailure(logger, "heartbeat.action.query fails");
        _timer = new Timer(_ => Run(), null, intervalMs, intervalMs);
    }

    /// <summary>Null where no query or no interval is set.</summary>
    public static HeartbeatAction? Start(SourceDatabase database, int intervalMs, string? query, ILogger logger) =>
        query is null || intervalMs <= 0 ? null : new HeartbeatAction(database, intervalMs, query, logger);

    public void Dispose() => _timer.Dispose();

    private void Run()
    {
        // One that takes longer than the interval is not joined by a second.
        if (Interlocked.Exchange(ref _running, 1) == 1)
        {
            return;
        }

        try
        {
            _database.Execute(_query);
            _failure.Recovered();
        }
        catch (DatabaseException failed)
        {
            _failure.Failed(failed.Message);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }
}
