namespace Penstock.Engine.Buffers;

/// <summary>
/// A fixed number of slabs, allocated on first use and never more: the pool is a term of the pipeline's memory bound.
/// </summary>
/// <remarks>
/// <see cref="Rent"/> waits while all slabs are out: that wait is the back-pressure. <see cref="Close"/> ends all waits with <see cref="PoolClosedException"/>
/// when the graph has failed and nobody will return anything any more. A row that is larger than a slab gets an oversized slab of its own; at most
/// one of them is out at a time, so that the bound grows by the largest row and not by the largest row times the number of blocks.
/// </remarks>
public sealed class SlabPool
{
    // A monitor and not a semaphore: Close must wake every waiter for good, without an OperationCanceledException near a Dataflow block.
    private readonly object _lock = new();
    private readonly Stack<Slab> _free = new();
    private readonly HashSet<Slab> _out = [];
    private int _pooledOut;
    private bool _oversizedOut;
    private bool _closed;

    /// <param name="name">Names the pool in messages.</param>
    /// <param name="slabBytes">Bytes of each slab.</param>
    /// <param name="count">How many slabs there are at the most.</param>
    public SlabPool(string name, int slabBytes, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slabBytes, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Name = name;
        SlabBytes = slabBytes;
        Count = count;
    }

    public string Name { get; }

    public int SlabBytes { get; }

    public int Count { get; }

    /// <summary>The most bytes that pooled slabs can take.</summary>
    public long BoundBytes => (long)SlabBytes * Count;

    /// <summary>Slabs that are rented at this moment. Zero after a drained run.</summary>
    public int Outstanding
    {
        get
        {
            lock (_lock)
            {
                return _out.Count;
            }
        }
    }

    /// <summary>Bytes of the largest oversized slab that was ever rented.</summary>
    public int LargestOversizedBytes { get; private set; }

    /// <summary>Who holds the slabs that are out, for the message of a leak test: "decoder x2, producer x1".</summary>
    public string Holders
    {
        get
        {
            lock (_lock)
            {
                return string.Join(", ", _out.GroupBy(s => s.Holder).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} x{g.Count()}"));
            }
        }
    }

    /// <summary>
    /// Takes a slab of at least <paramref name="minBytes"/>, waiting until one is free.
    /// </summary>
    /// <param name="holder">Who takes it; kept for leak messages.</param>
    /// <param name="minBytes">Bytes needed; above <see cref="SlabBytes"/> an oversized slab is made.</param>
    /// <exception cref="PoolClosedException">The pool was closed before a slab was free.</exception>
    public Slab Rent(string holder, int minBytes = 0)
    {
        bool oversized = minBytes > SlabBytes;
        lock (_lock)
        {
            while (!_closed && (oversized ? _oversizedOut : _pooledOut == Count))
            {
                Monitor.Wait(_lock);
            }

            if (_closed)
            {
                throw new PoolClosedException(Name);
            }

            var slab = oversized ? TakeOversized(minBytes) : TakePooled();
            slab.Holder = holder;
            slab.Rented = true;
            _out.Add(slab);
            return slab;
        }
    }

    /// <summary>Exchanges an oversized slab, which is returned thereby, for a larger one.</summary>
    /// <exception cref="PoolClosedException">The pool was closed.</exception>
    internal Slab Replace(Slab oversized, int minBytes)
    {
        lock (_lock)
        {
            if (_closed)
            {
                throw new PoolClosedException(Name);
            }

            var slab = TakeOversized(minBytes);
            slab.Holder = oversized.Holder;
            (slab.Rented, oversized.Rented) = (true, false);
            _out.Remove(oversized);
            _out.Add(slab);
            return slab;
        }
    }

    /// <summary>Ends every present and future wait for a slab.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }
    }

    internal void Return(Slab slab)
    {
        lock (_lock)
        {
            if (!slab.Rented)
            {
                throw new InvalidOperationException($"slab of pool '{Name}' returned twice; last holder '{slab.Holder}'");
            }

            slab.Rented = false;
            _out.Remove(slab);
            if (slab.Oversized)
            {
                _oversizedOut = false;
            }
            else
            {
                _pooledOut--;
                _free.Push(slab);
            }

            Monitor.PulseAll(_lock);
        }
    }

    private Slab TakePooled()
    {
        _pooledOut++;
        return _free.TryPop(out var slab) ? slab : new Slab(this, SlabBytes, oversized: false);
    }

    private Slab TakeOversized(int bytes)
    {
        _oversizedOut = true;
        LargestOversizedBytes = Math.Max(LargestOversizedBytes, bytes);
        return new Slab(this, bytes, oversized: true);
    }
}
