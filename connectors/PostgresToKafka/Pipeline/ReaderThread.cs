using System.Diagnostics;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Engine.Operations;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// The thread that reads the source into slabs and feeds the graph's head. A thread of its own, because the read blocks on purpose: the walsender flushes per row, and an
/// awaited read would pay a wake-up for each one or two of them.
/// </summary>
internal sealed class ReaderThread(IWalSource source, SlabPool slabs, BatchPool<WalBatch> batches, Action<WalBatch> send, int heartbeatIntervalMs)
{
    /// <summary>How often a silent source is left to look at the heartbeat and at <see cref="Stop"/>.</summary>
    private const int IdleTimeoutMs = 1000;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopped;

    /// <summary>Starts the thread. The task ends with the source, after <see cref="Stop"/>, or with the source's error.</summary>
    public Task Start()
    {
        new Thread(Run) { Name = "wal-reader", IsBackground = true }.Start();
        return _ended.Task;
    }

    /// <summary>Reads no further. What was read is still sent.</summary>
    public void Stop()
    {
        _stopped = true;
        source.Stop();
    }

    /// <summary>Stops and waits, at most two seconds, for a thread whose error nobody needs any more.</summary>
    public async Task AbandonAsync()
    {
        Stop();
        await Task.WhenAny(_ended.Task, Task.Delay(2000)).ConfigureAwait(false);
        // Observed: the failure that led here is the one that is reported.
        _ = _ended.Task.Exception;
    }

    private void Run()
    {
        try
        {
            var sinceHeartbeat = Stopwatch.StartNew();
            while (!_stopped && !source.Ended)
            {
                ReadOne(sinceHeartbeat);
            }

            _ended.TrySetResult();
        }
        catch (Exception error)
        {
            // The thread's boundary: the error ends the run through the task.
            _ended.TrySetException(error);
        }
    }

    private void ReadOne(Stopwatch sinceHeartbeat)
    {
        var batch = batches.Rent();
        batch.Slab = slabs.Rent("reader");
        int timeoutMs = heartbeatIntervalMs > 0 ? (int)Math.Clamp(heartbeatIntervalMs - sinceHeartbeat.ElapsedMilliseconds, 1, IdleTimeoutMs) : IdleTimeoutMs;
        bool read;
        try
        {
            read = source.TryRead(batch, timeoutMs);
        }
        catch
        {
            batch.ReturnSlab();
            throw;
        }

        if (heartbeatIntervalMs > 0 && sinceHeartbeat.ElapsedMilliseconds >= heartbeatIntervalMs)
        {
            batch.Heartbeat = true;
            if (batch.Count == 0)
            {
                // Nothing was received whose time the heartbeat could tell: its own.
                batch.ReceivedAtUnixNs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;
            }

            sinceHeartbeat.Restart();
        }

        if (read || batch.Heartbeat)
        {
            Failpoint.Reach("reader.send");
            send(batch);
        }
        else
        {
            batch.ReturnSlab();
            batches.Return(batch);
        }
    }
}
