using System.Diagnostics;
using Penstock.Engine.Operations;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// The way back: tells Postgres what is confirmed, on a thread of its own, so that a stalled broker or a full graph never silences it (invariant 5).
/// </summary>
/// <remarks>
/// It sends when the watermark has moved, once a second at most, so that a kill repeats little; and at the latest every interval, moved or not, so that the server keeps the connection.
/// </remarks>
internal sealed class StatusThread : IDisposable
{
    private const int PollMs = 1000;

    /// <summary>How long a stop waits for a send that hangs, and for its own last one: a connection that takes nothing any more is about to be closed anyway.</summary>
    private const int LastSendMs = 2000;

    private readonly IWalReader _reader;
    private readonly Func<ulong> _position;
    private readonly int _intervalMs;
    private readonly Action<Exception> _fail;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private ulong _confirmed;

    /// <param name="reader">The stream to report on.</param>
    /// <param name="position">What may be told: <see cref="PositionRecorder.Position"/>.</param>
    /// <param name="startLsn">The slot's confirmed position at the start: the status never goes behind it.</param>
    /// <param name="intervalMs">Longest silence: see <see cref="IntervalMs"/>.</param>
    /// <param name="fail">Told when the connection is gone.</param>
    public StatusThread(IWalReader reader, Func<ulong> position, ulong startLsn, int intervalMs, Action<Exception> fail)
    {
        _reader = reader;
        _position = position;
        _confirmed = startLsn;
        _intervalMs = intervalMs;
        _fail = fail;
        _thread = new Thread(Run) { Name = "status", IsBackground = true };
        _thread.Start();
    }

    /// <summary>What Postgres was last told.</summary>
    public ulong ConfirmedLsn => Volatile.Read(ref _confirmed);

    /// <summary>
    /// Two fifths of the server's <c>wal_sender_timeout</c>, or the wanted interval if that is shorter: a server that has heard nothing for half of its timeout asks, and an idle one should not have to.
    /// A timeout of 0 means the server never gives up.
    /// </summary>
    public static int IntervalMs(int wantedMs, int walSenderTimeoutMs) =>
        walSenderTimeoutMs <= 0 ? wantedMs : Math.Max(1, Math.Min(wantedMs, walSenderTimeoutMs * 4 / 10));

    /// <summary>Stops the timer and sends the last position.</summary>
    /// <exception cref="DatabaseException">The connection broke.</exception>
    public void Finish()
    {
        if (!TryStop())
        {
            return;
        }

        var last = Task.Run(Send);
        if (Task.WhenAny(last, Task.Delay(LastSendMs)).GetAwaiter().GetResult() == last)
        {
            last.GetAwaiter().GetResult();
        }
    }

    public void Dispose()
    {
        // A thread that a full socket still holds looks at the event once more: then it is left to the collector.
        if (TryStop())
        {
            _stop.Dispose();
        }
    }

    /// <summary>False if the thread hangs in a send.</summary>
    private bool TryStop()
    {
        if (_stop.IsSet)
        {
            return !_thread.IsAlive;
        }

        _stop.Set();
        return _thread.Join(LastSendMs);
    }

    private void Run()
    {
        try
        {
            var silence = Stopwatch.StartNew();
            while (!_stop.Wait(Math.Min(PollMs, _intervalMs)))
            {
                if (_position() > _confirmed || silence.ElapsedMilliseconds + Math.Min(PollMs, _intervalMs) > _intervalMs)
                {
                    Send();
                    silence.Restart();
                }
            }
        }
        catch (Exception error)
        {
            // The thread's boundary: a connection that cannot be written to ends the run.
            _fail(error);
        }
    }

    private void Send()
    {
        Failpoint.Reach("status.send");
        Volatile.Write(ref _confirmed, Math.Max(_confirmed, _position()));
        _reader.SendStatus(_confirmed);
        Failpoint.Reach("status.sent");
    }
}
