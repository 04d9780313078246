using Penstock.Engine.Operations;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.State;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>How long a source's reader has waited in vain. A reader that is not waiting (a full graph holds it up) is not in silence.</summary>
internal sealed class Silence
{
    private long _sinceMs;
    private bool _broken = true;
    private volatile bool _waiting;

    public long Ms => _waiting ? Environment.TickCount64 - Volatile.Read(ref _sinceMs) : 0;

    /// <summary>Before each read, on the reader's thread.</summary>
    public void Begin()
    {
        if (_broken)
        {
            Volatile.Write(ref _sinceMs, Environment.TickCount64);
        }

        _waiting = true;
    }

    /// <summary>After it.</summary>
    /// <param name="read">Something came.</param>
    public void End(bool read)
    {
        _waiting = false;
        _broken = read;
    }
}

/// <summary>The stream as the graph's source: it never ends by itself.</summary>
/// <param name="reader">The stream.</param>
/// <param name="gap">What is missing before it, told first; null if nothing is.</param>
internal sealed class StreamSource(IWalReader reader, SlotGap? gap = null) : IWalSource
{
    private readonly Silence _silence = new();
    private SlotGap? _gap = gap;

    public bool Ended => false;

    /// <summary>Any thread.</summary>
    public long SilentMs => _silence.Ms;

    public bool TryRead(WalBatch batch, int timeoutMs)
    {
        if (_gap is null)
        {
            _silence.Begin();
            bool read = reader.TryRead(batch, timeoutMs);
            _silence.End(read);
            return read;
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
    private readonly Silence _silence = new();
    private volatile bool _ended;
    private volatile bool _stopped;

    public bool Ended => _ended || _stopped;

    /// <summary>Any thread.</summary>
    public long SilentMs => _silence.Ms;

    /// <summary>True when the last row was read: only then the snapshot may be completed.</summary>
    public bool IsComplete => _ended;

    public bool TryRead(WalBatch batch, int timeoutMs)
    {
        Failpoint.Reach("snapshot.read");
        _silence.Begin();
        bool read = reader.TryRead(batch);
        _silence.End(read);
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
