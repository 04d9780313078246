using System.Collections.Concurrent;

namespace Penstock.Engine.Flow;

/// <summary>
/// Batch objects for reuse, so that their arrays are allocated once. It holds no bytes of rows and needs no bound of its own: there are never more batches than the blocks' capacities let exist.
/// </summary>
public sealed class BatchPool<T>(Action<T> reset)
    where T : class, new()
{
    private readonly ConcurrentBag<T> _free = [];

    public T Rent() => _free.TryTake(out var batch) ? batch : new T();

    public void Return(T batch)
    {
        reset(batch);
        _free.Add(batch);
    }
}
