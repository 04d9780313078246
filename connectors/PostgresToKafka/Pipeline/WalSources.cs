using Penstock.Engine.Operations;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.State;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>The stream as the graph's source: it never ends by itself.</summary>
/// <param name="reader">The stream.</param>
/// <param name="gap">What is missing before it, told first; null if nothing is.</param>
internal sealed class StreamSource(IWalReader reader, SlotGap? gap = null) : IWalSource
{
    private SlotGap? _gap = gap;

    public bool Ended => false;

    public bool TryRead(WalBatch batch, int timeoutMs)
    {
        if (_gap is null)
        {
            return reader.TryRead(batch, timeoutMs);
        }

        batch.Gap = _gap;
        batch.KeepaliveLsn = _gap.ToLsn;
        batch.ReceivedAtUnixNs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;
        _gap = null;
        return true;
    }

    public void Stop() => reader.Stop();
}

/// <summary>A snapshot as the graph's source: it ends with its last row, of which <paramref name="ended"/> is told before the row travels on.</summary>
internal sealed class SnapshotSource(SnapshotReader reader, Action ended) : IWalSource
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
        if (batch.EndOfSnapshot)
        {
            _ended = true;
            ended();
        }

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
