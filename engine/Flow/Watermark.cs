namespace Penstock.Engine.Flow;

/// <summary>
/// The contiguous low-water mark over batches in stream order: the position up to which everything is delivered.
/// </summary>
/// <remarks>
/// Batches are opened in order with their number of records and their position; deliveries are counted in any order; the mark moves over a batch only when it
/// and all before it are complete. Never a maximum, never backwards (invariant 3). Thread-safe: the decoder's side opens, delivery reports count.
/// </remarks>
public sealed class Watermark
{
    private readonly Lock _lock = new();
    private readonly Queue<Entry> _open = new();
    private long _firstOpen = 1;
    private long _lastOpened;
    private ulong _position;
    private long _delivered;

    /// <summary>Told, outside of the lock order of others but inside this one, whenever the position moved. Must be quick and must not call back.</summary>
    public Action<ulong>? Moved { get; set; }

    /// <summary>The position that may be confirmed; 0 before the first.</summary>
    public ulong Position
    {
        get
        {
            lock (_lock)
            {
                return _position;
            }
        }
    }

    /// <summary>Records delivered so far.</summary>
    public long Delivered
    {
        get
        {
            lock (_lock)
            {
                return _delivered;
            }
        }
    }

    /// <summary>Batches opened and not yet passed by the mark.</summary>
    public int InFlight
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Opens the batch <paramref name="sequence"/>, which must be the successor of the last one opened.</summary>
    /// <param name="sequence">Counted from 1.</param>
    /// <param name="records">Delivery reports to wait for; 0 for a batch that only carries a position.</param>
    /// <param name="position">What may be confirmed after it; 0 for nothing new.</param>
    public void Open(long sequence, int records, ulong position)
    {
        lock (_lock)
        {
            if (sequence != _lastOpened + 1)
            {
                throw new InvalidOperationException($"batch {sequence} opened after batch {_lastOpened}");
            }

            _lastOpened = sequence;
            _open.Enqueue(new Entry(records, position));
            Advance();
        }
    }

    /// <summary>Counts <paramref name="records"/> delivered (or accounted for otherwise, such as removed by the size filter) records of a batch.</summary>
    public void Deliver(long sequence, int records)
    {
        lock (_lock)
        {
            if (sequence < _firstOpen || sequence > _lastOpened)
            {
                throw new InvalidOperationException($"delivery for batch {sequence}; open are {_firstOpen} to {_lastOpened}");
            }

            var entry = Find(sequence);
            entry.Pending -= records;
            if (entry.Pending < 0)
            {
                throw new InvalidOperationException($"more deliveries than records in batch {sequence}");
            }

            _delivered += records;
            Advance();
        }
    }

    private Entry Find(long sequence)
    {
        // Deliveries come nearly in order, so the batch is among the first few of the queue.
        long at = _firstOpen;
        foreach (var entry in _open)
        {
            if (at++ == sequence)
            {
                return entry;
            }
        }

        throw new InvalidOperationException($"batch {sequence} is not open");
    }

    private void Advance()
    {
        ulong before = _position;
        while (_open.TryPeek(out var first) && first.Pending == 0)
        {
            _open.Dequeue();
            _firstOpen++;
            if (first.Position > _position)
            {
                _position = first.Position;
            }
        }

        if (_position != before)
        {
            Moved?.Invoke(_position);
        }
    }

    private sealed class Entry(int pending, ulong position)
    {
        public int Pending = pending;
        public readonly ulong Position = position;
    }
}
