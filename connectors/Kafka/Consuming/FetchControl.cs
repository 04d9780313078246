using Penstock.Kafka.Native;

namespace Penstock.Kafka.Consuming;

/// <summary>Which partitions of a consumer are fetched: none while it is paused, else all but those that are held.</summary>
/// <param name="client">The consumer.</param>
internal sealed unsafe class FetchControl(nint client)
{
    private readonly HashSet<(string Topic, int Partition)> _held = [];
    private bool _isPaused;

    /// <summary>Pauses all, or ends that.</summary>
    public void SetPaused(bool isPaused, IEnumerable<(string Topic, int Partition)> all)
    {
        if (_isPaused != isPaused)
        {
            _isPaused = isPaused;
            SetFetched([.. all.Where(partition => !_held.Contains(partition))], isFetched: !isPaused);
        }
    }

    /// <summary>Holds these, and no others any more.</summary>
    public void Hold(HashSet<(string Topic, int Partition)> wanted, IReadOnlyCollection<(string Topic, int Partition)> all)
    {
        if (wanted.SetEquals(_held))
        {
            return;
        }

        List<(string Topic, int Partition)> added = [.. wanted.Except(_held)];
        List<(string Topic, int Partition)> released = [.. _held.Except(wanted).Intersect(all)];
        _held.Clear();
        _held.UnionWith(wanted);
        if (!_isPaused)
        {
            SetFetched(added, isFetched: false);
            SetFetched(released, isFetched: true);
        }
    }

    /// <summary>Partitions have come. Said in both cases: one that comes back may still be paused from its last stay.</summary>
    public void Taken(NativePartitionList* partitions) => _ = _isPaused ? NativeConsumerApi.Pause(client, partitions) : NativeConsumerApi.Resume(client, partitions);

    /// <summary>A partition has gone.</summary>
    public void Forget((string Topic, int Partition) partition) => _held.Remove(partition);

    private void SetFetched(List<(string Topic, int Partition)> partitions, bool isFetched)
    {
        if (partitions.Count == 0)
        {
            return;
        }

        var list = NativeConsumerApi.ListOf(partitions);
        _ = isFetched ? NativeConsumerApi.Resume(client, list) : NativeConsumerApi.Pause(client, list);
        NativeConsumerApi.ListDestroy(list);
    }
}
