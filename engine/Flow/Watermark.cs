namespace Penstock.Engine.Flow;

/// <summary>
/// The contiguous low-water mark over batches in stream order: the position up to which everything is delivered.
/// </summary>
/// <remarks>
/// Batches are opened in order with their number of records and their position; deliveries are counted in any order; the mark moves over a batch only when it
/// and all before it are complete. Never a maximum over batches, never backwards (invariant 3). Thread-safe: the decoder's side opens, delivery reports count.
/// </remarks>
public sealed class Watermark
{
    private readonly Lock _lock = new();

    // A ring: entries _head .. _head + _count - 1 modulo its length, in order of their sequence. Batches without records never get an entry of their own,
    // so the ring is bounded by the batches whose records are in the producer's queue.
    private Entry[] _ring = new Entry[64];
    private int _head;
    private int _count;
    private long _lastOpened;
    private ulong _position;
    private ulong _openedPosition;
    private long _delivered;

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

    /// <summary>The position of the last batch that was opened: what is decoded, delivered or not.</summary>
    public ulong OpenedPosition
    {
        get
        {
            lock (_lock)
            {
                return _openedPosition;
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

    /// <summary>Batches with records that the mark has not passed.</summary>
    public int InFlight
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Opens the batch <paramref name="sequence"/>, which must be the successor of the last one opened.</summary>
    /// <param name="sequence">Counted from 1.</param>
    /// <param name="records">Delivery reports to wait for; 0 for a batch that only carries a position.</param>
    /// <param name="position">What may be confirmed after it; 0 for nothing new.</param>
    /// <param name="committedAtMs">When its first record was committed, for <see cref="Deliver"/>; 0 where that is not known.</param>
    public void Open(long sequence, int records, ulong position, long committedAtMs = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(records);
        lock (_lock)
        {
            if (sequence != _lastOpened + 1)
            {
                throw new InvalidOperationException($"batch {sequence} opened after batch {_lastOpened}");
            }

            _lastOpened = sequence;
            _openedPosition = Math.Max(_openedPosition, position);
            if (records > 0)
            {
                Add(new Entry { Sequence = sequence, Pending = records, Position = position, CommittedAtMs = committedAtMs });
            }
            else if (_count == 0)
            {
                MoveTo(position);
            }
            else
            {
                // Nothing to wait for but its predecessor: the predecessor carries the position.
                ref var last = ref At(_count - 1);
                last.Position = Math.Max(last.Position, position);
            }
        }
    }

    /// <summary>Counts <paramref name="records"/> delivered, or otherwise accounted for (removed by the size filter), records of a batch.</summary>
    /// <returns>When the first batch that the mark has passed thereby was committed; 0 if it has passed none, or that is not known.</returns>
    /// <exception cref="InvalidOperationException">The batch is not open, or has fewer records left: a defect, because it could confirm what was not delivered.</exception>
    public long Deliver(long sequence, int records)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(records);
        lock (_lock)
        {
            int index = Find(sequence);
            if (index < 0)
            {
                throw new InvalidOperationException($"delivery for batch {sequence}, which is not open");
            }

            ref var entry = ref At(index);
            if (entry.Pending < records)
            {
                throw new InvalidOperationException($"{records} deliveries for batch {sequence}, which waits for {entry.Pending}");
            }

            entry.Pending -= records;
            _delivered += records;
            long committedAtMs = 0;
            while (_count > 0 && At(0).Pending == 0)
            {
                committedAtMs = committedAtMs == 0 ? At(0).CommittedAtMs : committedAtMs;
                MoveTo(At(0).Position);
                _head = (_head + 1) % _ring.Length;
                _count--;
            }

            return committedAtMs;
        }
    }

    private ref Entry At(int index) => ref _ring[(_head + index) % _ring.Length];

    private void Add(Entry entry)
    {
        if (_count == _ring.Length)
        {
            var larger = new Entry[_ring.Length * 2];
            for (int i = 0; i < _count; i++)
            {
                larger[i] = At(i);
            }

            _ring = larger;
            _head = 0;
        }

        At(_count++) = entry;
    }

    private int Find(long sequence)
    {
        int low = 0, high = _count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            long found = At(middle).Sequence;
            if (found == sequence)
            {
                return middle;
            }

            if (found < sequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return -1;
    }

    private void MoveTo(ulong position)
    {
        if (position > _position)
        {
            _position = position;
        }
    }

    private struct Entry
    {
        public long Sequence;
        public int Pending;
        public ulong Position;
        public long CommittedAtMs;
    }
}
