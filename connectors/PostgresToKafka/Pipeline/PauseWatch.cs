using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;
using Penstock.Postgres.Connection;
using Penstock.Postgres.State;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>Looks every two seconds whether the running pipeline is to pause, and then asks the run to end in order.</summary>
internal sealed class PauseWatch : IDisposable
{
    public const int PollMs = 2000;

    private readonly PauseFlag _flag;
    private readonly CancellationTokenSource _pausing;
    private readonly Action _said;
    private readonly RecurringFailure _failure;
    private readonly Timer _timer;
    private int _looking;

    /// <param name="flag">The wish.</param>
    /// <param name="pausing">Cancelled once when it is there.</param>
    /// <param name="said">Told before that.</param>
    /// <param name="logger">For a database that does not answer.</param>
    public PauseWatch(PauseFlag flag, CancellationTokenSource pausing, Action said, ILogger logger)
    {
        _flag = flag;
        _pausing = pausing;
        _said = said;
        _failure = new RecurringFailure(logger, "whether the pipeline is to pause cannot be read");
        _timer = new Timer(_ => Look(), null, PollMs, PollMs);
    }

    /// <summary>Waits for a look that is under way, so that the source of the token may be disposed.</summary>
    public void Dispose()
    {
        var ended = new ManualResetEvent(false);
        // The timer sets the event when the look is over, and a silent database holds a look longer than this wait: then the event is left to the collector, because the set of a disposed one ends the process.
        if (!_timer.Dispose(ended) || ended.WaitOne(PollMs))
        {
            ended.Dispose();
        }
    }

    private void Look()
    {
        if (_pausing.IsCancellationRequested || Interlocked.Exchange(ref _looking, 1) == 1)
        {
            return;
        }

        try
        {
            if (_flag.Read() is not null)
            {
                _said();
                _pausing.Cancel();
            }

            _failure.Recovered();
        }
        catch (DatabaseException unread) when (unread.Failure == FailureClass.Unavailable)
        {
            // The stream notices a database that is away by itself; nothing is to be said twice.
        }
        catch (DatabaseException unread)
        {
            _failure.Failed(unread.Message);
        }
        catch (ObjectDisposedException)
        {
            // The run has ended during this look.
            return;
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }
}
