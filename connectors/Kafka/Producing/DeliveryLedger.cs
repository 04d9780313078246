using Penstock.Engine.Flow;

namespace Penstock.Kafka.Producing;

/// <summary>
/// Which batches are at the brokers and not acknowledged yet; notices when they get nowhere. Shared by both producers. Thread-safe.
/// </summary>
/// <remarks>
/// Instead of librdkafka's time-out per record, which gives up one record and sends the ones behind it, the whole producer is given up when its oldest batch has made no progress for that
/// long: what has reached the brokers then is a beginning of what was produced, in order. A slow cluster that does take records never trips it.
/// </remarks>
internal sealed class DeliveryLedger : IDisposable
{
    private readonly object _lock = new();
    private readonly Queue<BatchDelivery> _open = new();
    private readonly int _timeoutMs;
    private readonly Timer? _timer;
    private TaskCompletionSource? _drained;
    private ProducerFailure? _failure;
    private ProducerFailure? _suspected;
    private long _headSinceMs = Environment.TickCount64;
    private long _delivered;
    private bool _closed;

    /// <param name="timeoutMs">0 for never.</param>
    internal DeliveryLedger(int timeoutMs)
    {
        _timeoutMs = timeoutMs;
        if (timeoutMs > 0)
        {
            int intervalMs = Math.Clamp(timeoutMs / 4, 50, 1000);
            _timer = new Timer(_ => CheckProgress(), null, intervalMs, intervalMs);
        }
    }

    internal Action<long, int>? Delivered { get; set; }

    internal Action<ProducerFailure>? Failed { get; set; }

    /// <summary>The last that was heard of a broker, for the message of a time-out.</summary>
    internal Func<string> LastBrokerError { get; set; } = static () => "";

    internal ProducerFailure? Failure => Volatile.Read(ref _failure);

    internal long DeliveredRecords => Interlocked.Read(ref _delivered);

    internal int OpenBatches
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    internal BatchDelivery Open(long sequence, int records, EventPosition first, EventPosition last)
    {
        var delivery = new BatchDelivery(this, sequence, records, first, last);
        lock (_lock)
        {
            ThrowIfEnded();
            if (_open.Count == 0)
            {
                _headSinceMs = Environment.TickCount64;
            }

            _open.Enqueue(delivery);
        }

        return delivery;
    }

    /// <summary>Records that need no delivery.</summary>
    internal void Account(long sequence, int records) => Delivered?.Invoke(sequence, records);

    internal void Confirm(BatchDelivery delivery, int records)
    {
        Interlocked.Add(ref _delivered, records);
        TaskCompletionSource? drained = null;
        bool complete;
        lock (_lock)
        {
            complete = delivery.Take(records);
            while (_open.TryPeek(out var head) && head.Pending == 0)
            {
                _open.Dequeue();
                _headSinceMs = Environment.TickCount64;
            }

            if (_open.Count == 0)
            {
                (drained, _drained) = (_drained, null);
            }

            Monitor.PulseAll(_lock);
        }

        if (complete)
        {
            Delivered?.Invoke(delivery.Sequence, delivery.Records);
        }

        // After the report: who waits for the drain reads the watermark next.
        drained?.TrySetResult();
    }

    /// <summary>The first failure wins; the others are its consequences.</summary>
    internal void Fail(ProducerFailure failure)
    {
        TaskCompletionSource? drained;
        lock (_lock)
        {
            if (_failure is not null || _closed)
            {
                return;
            }

            Volatile.Write(ref _failure, failure);
            (drained, _drained) = (_drained, null);
            Monitor.PulseAll(_lock);
        }

        Failed?.Invoke(failure);
        drained?.TrySetException(new ProducerFailedException(failure));
    }

    /// <summary>A failure whose cause may still come with a record's own report, which says more: it counts after a moment.</summary>
    internal void Suspect(ProducerFailure failure)
    {
        const int momentMs = 500;
        lock (_lock)
        {
            if (_suspected is not null)
            {
                return;
            }

            _suspected = failure;
        }

        _ = Task.Delay(momentMs).ContinueWith(_ => Fail(failure), TaskScheduler.Default);
    }

    /// <summary>Waits until some record was delivered, or a moment: there may be room in the queue then.</summary>
    /// <exception cref="ProducerFailedException"/>
    /// <exception cref="GraphStoppedException"/>
    internal void WaitForProgress()
    {
        // Reports wake it; the limit only covers a report that came between the full queue and this wait.
        const int limitMs = 20;
        lock (_lock)
        {
            ThrowIfEnded();
            Monitor.Wait(_lock, limitMs);
            ThrowIfEnded();
        }
    }

    internal Task DrainAsync()
    {
        lock (_lock)
        {
            if (_failure is not null)
            {
                return Task.FromException(new ProducerFailedException(_failure));
            }

            if (_open.Count == 0)
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    internal bool Flush(TimeSpan timeout)
    {
        var drained = DrainAsync();
        try
        {
            return drained.Wait(timeout);
        }
        catch (AggregateException e) when (e.InnerException is ProducerFailedException failed)
        {
            throw new ProducerFailedException(failed.Failure);
        }
    }

    internal void ThrowIfEnded()
    {
        if (Failure is { } failure)
        {
            throw new ProducerFailedException(failure);
        }

        if (_closed)
        {
            throw new GraphStoppedException();
        }
    }

    public void Dispose()
    {
        TaskCompletionSource? drained;
        lock (_lock)
        {
            _closed = true;
            (drained, _drained) = (_drained, null);
            Monitor.PulseAll(_lock);
        }

        drained?.TrySetException(new GraphStoppedException());
        _timer?.Dispose();
    }

    private void CheckProgress()
    {
        int open;
        lock (_lock)
        {
            open = _open.Count;
            if (open == 0)
            {
                return;
            }

            long sinceMs = Math.Max(_headSinceMs, _open.Peek().LastProgressMs);
            if (Environment.TickCount64 - sinceMs < _timeoutMs)
            {
                return;
            }
        }

        Fail(ProducerFailure.NoProgress(_timeoutMs, open, LastBrokerError()));
    }
}

/// <summary>The records of one batch that wait for their delivery reports.</summary>
internal sealed class BatchDelivery(DeliveryLedger ledger, long sequence, int records, EventPosition first, EventPosition last)
{
    /// <summary>Identity of the batch's first record, for errors.</summary>
    internal EventPosition First { get; } = first;

    /// <summary>Of its last.</summary>
    internal EventPosition Last { get; } = last;

    internal long Sequence { get; } = sequence;

    internal int Records { get; } = records;

    internal int Pending { get; private set; } = records;

    /// <summary><see cref="Environment.TickCount64"/> of the last report; 0 before the first.</summary>
    internal long LastProgressMs { get; private set; }

    internal void Confirm(int records) => ledger.Confirm(this, records);

    /// <summary>Counts; true when that was the last. Called under the ledger's lock.</summary>
    internal bool Take(int records)
    {
        Pending -= records;
        LastProgressMs = Environment.TickCount64;
        return Pending == 0;
    }
}
