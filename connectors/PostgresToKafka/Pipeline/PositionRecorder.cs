using Microsoft.Extensions.Logging;
using Penstock.Engine.Flow;
using Penstock.Engine.Operations;
using Penstock.Postgres.Connection;
using Penstock.Postgres.State;
using PipelineMemory = Penstock.Postgres.State.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// Writes down how far the slot is about to be told, before it is told: a slot that stands beyond the record was then moved, or made anew, by somebody else. On a thread of its own,
/// because the database may be slow to answer and the status thread must not wait for it (invariant 5).
/// </summary>
/// <remarks>
/// What it writes is itself write-ahead log that the next keepalive speaks of. So positions that move without a delivered record are followed ever more slowly: an idle database sees one small
/// write a minute, and the slot holds what the server wrote in that minute.
/// </remarks>
internal sealed class PositionRecorder : IDisposable
{
    private const int LongestPollMs = 500;

    /// <summary>Longest pause between two records of an idle stream.</summary>
    private const int LongestIdlePauseMs = 60_000;

    private const int FirstRetryMs = 1_000;

    /// <summary>Longest pause after a failed write: until it succeeds nothing more is confirmed.</summary>
    private const int LongestRetryMs = 10_000;

    /// <summary>How long the last write of a stop may take.</summary>
    private const int LastWriteMs = 2_000;

    private readonly PipelineMemory _state;
    private readonly string _slotName;
    private readonly ServerIdentity _server;
    private readonly Watermark _watermark;
    private readonly RecurringFailure _failure;
    private readonly Action<Exception> _fail;
    private readonly int _pollMs;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread? _thread;
    private readonly Backoff _backoff;
    private ulong _permitted;
    private long _delivered;
    private int _idlePauseMs;

    /// <param name="state">Where to; one that is not kept permits everything at once.</param>
    /// <param name="slotName">The slot.</param>
    /// <param name="server">Which server.</param>
    /// <param name="watermark">What is delivered.</param>
    /// <param name="recordedLsn">What the state says already, or the slot's own position.</param>
    /// <param name="statusIntervalMs">How often the slot is told: the record need not be quicker.</param>
    /// <param name="logger">For failures that pass.</param>
    /// <param name="fail">Told of any other.</param>
    /// <param name="backoff">Gives the pauses after failed writes; null for 1 s to 10 s with jitter.</param>
    public PositionRecorder(
        PipelineMemory state, string slotName, ServerIdentity server, Watermark watermark, ulong recordedLsn, int statusIntervalMs, ILogger logger, Action<Exception> fail, Backoff? backoff = null)
    {
        _backoff = backoff ?? new Backoff(FirstRetryMs, LongestRetryMs, Random.Shared.NextDouble);
        _fail = fail;
        _state = state;
        _slotName = slotName;
        _server = server;
        _watermark = watermark;
        _permitted = recordedLsn;
        _pollMs = Math.Min(LongestPollMs, statusIntervalMs);
        _failure = new RecurringFailure(logger, "the position cannot be written to penstock.pipeline, so the slot is not told of it");
        if (state.IsKept)
        {
            _thread = new Thread(Run) { Name = "position-record", IsBackground = true };
            _thread.Start();
        }
    }

    /// <summary>What the slot may be told: delivered, and written down. Any thread.</summary>
    public ulong Position => _thread is null ? _watermark.Position : Math.Min(_watermark.Position, Volatile.Read(ref _permitted));

    /// <summary>Stops, and writes the last position if the database answers in time.</summary>
    public void Finish()
    {
        Stop();
        if (_thread is not null && _watermark.Position > _permitted)
        {
            Task.Run(TryWrite).Wait(LastWriteMs);
        }
    }

    public void Dispose()
    {
        Stop();
        // A thread that a silent database still holds looks at the event once more: then it is left to the collector.
        if (_thread is not { IsAlive: true })
        {
            _stop.Dispose();
        }
    }

    private void Stop()
    {
        if (!_stop.IsSet)
        {
            _stop.Set();
            _thread?.Join(LastWriteMs);
        }
    }

    private void Run()
    {
        try
        {
            Record();
        }
        catch (Exception error)
        {
            // The thread's boundary: what nobody expected ends the run.
            _fail(error);
        }
    }

    private void Record()
    {
        int pauseMs = _pollMs;
        int idleForMs = 0;
        while (!_stop.Wait(pauseMs))
        {
            bool isIdle = _watermark.Delivered == _delivered;
            idleForMs = isIdle ? idleForMs + pauseMs : 0;
            _idlePauseMs = isIdle ? _idlePauseMs : 0;
            pauseMs = _pollMs;
            if (_watermark.Position <= _permitted || (isIdle && idleForMs < _idlePauseMs))
            {
                continue;
            }

            Failpoint.Reach("position.write");
            if (TryWrite())
            {
                Failpoint.Reach("position.written");
                idleForMs = 0;
                _idlePauseMs = isIdle ? Math.Clamp(_idlePauseMs * 2, 1000, LongestIdlePauseMs) : 0;
            }
            else
            {
                pauseMs = _backoff.Next();
            }
        }
    }

    private bool TryWrite()
    {
        // Read before the write: what is delivered meanwhile belongs to the next one.
        long delivered = _watermark.Delivered;
        ulong position = _watermark.Position;
        try
        {
            _state.WriteConfirmed(_slotName, _server, position);
            Volatile.Write(ref _permitted, position);
            _delivered = delivered;
            _failure.Recovered();
            _backoff.Succeeded();
            return true;
        }
        catch (DatabaseException failed)
        {
            _failure.Failed(failed.Message);
            return false;
        }
    }
}
