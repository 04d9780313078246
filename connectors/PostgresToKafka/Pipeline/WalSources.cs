using Penstock.Engine.Operations;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>The stream as the graph's source: it never ends by itself.</summary>
internal sealed class StreamSource(IWalReader reader) : IWalSource
{
    public bool Ended => false;

    public bool TryRead(WalBatch batch, int timeoutMs) => reader.TryRead(batch, timeoutMs);

    public void Stop() => reader.Stop();
}

/// <summary>A snapshot as the graph's source: it ends with its last row.</summary>
internal sealed class SnapshotSource(SnapshotReader reader) : IWalSource
{
    private volatile bool _ended;
    private volatile bool _stopped;

    public bool Ended => _ended || _stopped;

    /// <summary>True when the last row was read: only then the snapshot may be completed.</summary>
    public bool IsComplete => _ended;

    public bool TryRead(WalBatch batch, int timeoutMs)
    {
        Failpoint.Reach("snapshot.read");
        bool read = reader.TryRead(batch);
        _ended |= batch.EndOfSnapshot;
        return read;
    }

    public void Stop()
    {
        // Twice is once: the signal stops it, and so does a failing graph.
        if (!_stopped)
        {
            _stopped = true;
            reader.Stop();
        }
    }
}
