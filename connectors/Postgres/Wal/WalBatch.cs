using Penstock.Engine.Buffers;

namespace Penstock.Postgres.Wal;

/// <summary>Where one pgoutput message lies in the batch's slab, and the LSN of its XLogData header.</summary>
/// <param name="Offset">First byte of the message (its type byte).</param>
/// <param name="Length">Bytes of the message.</param>
/// <param name="WalStart">XLogData's start LSN: of the change, the commit's end LSN for Commit, 0 for Relation.</param>
/// <param name="Marker">For rows of a snapshot, else <see cref="SnapshotMarker.None"/>.</param>
public readonly record struct WalMessage(int Offset, int Length, ulong WalStart, SnapshotMarker Marker = SnapshotMarker.None);

/// <summary>Place of a row in a snapshot, as Debezium's <c>source.snapshot</c> writes it (2.3).</summary>
public enum SnapshotMarker : byte
{
    None,
    True,
    First,
    FirstInDataCollection,
    LastInDataCollection,
    Last,
}

/// <summary>What is common to all rows of a snapshot.</summary>
/// <param name="Lsn">The slot's consistent point: the snapshot shows the database as of this LSN.</param>
/// <param name="TransactionId">Transaction id reported in <c>source.txId</c>.</param>
/// <param name="TimestampUs">Time of the snapshot in microseconds since 1970.</param>
public sealed record SnapshotOrigin(ulong Lsn, uint TransactionId, long TimestampUs);

/// <summary>
/// The message that travels from the WAL reader to the decoder: whole pgoutput messages, in the order of the stream, in one slab. The block that holds the batch owns its slab.
/// </summary>
/// <remarks>
/// A snapshot uses the same batches: a Relation message and one Insert message for each row, with <see cref="Snapshot"/> set, so one decoder serves both.
/// </remarks>
public sealed class WalBatch
{
    private WalMessage[] _messages = new WalMessage[256];

    public Slab? Slab { get; set; }

    public int Count { get; private set; }

    public ReadOnlySpan<WalMessage> Messages => _messages.AsSpan(0, Count);

    /// <summary>LSN of a keepalive that came after the last message of this batch; 0 if none. Between transactions it may be confirmed once all before it is delivered.</summary>
    public ulong KeepaliveLsn { get; set; }

    /// <summary>When the batch was complete, in nanoseconds since 1970: the clock of the events' <c>ts_ns</c>, so that no event is older than its commit.</summary>
    public long ReceivedAtUnixNs { get; set; }

    /// <summary>Not null for rows of a snapshot.</summary>
    public SnapshotOrigin? Snapshot { get; set; }

    /// <summary>The last batch of a snapshot: once all before it is delivered, the snapshot is complete.</summary>
    public bool EndOfSnapshot { get; set; }

    /// <summary>Ask for a heartbeat record behind this batch's messages.</summary>
    public bool Heartbeat { get; set; }

    /// <summary>Ask for a record behind this batch's messages that says that changes are missing here.</summary>
    public State.SlotGap? Gap { get; set; }

    public void Add(WalMessage message)
    {
        if (Count == _messages.Length)
        {
            Array.Resize(ref _messages, _messages.Length * 2);
        }

        _messages[Count++] = message;
    }

    public ReadOnlySpan<byte> Bytes(in WalMessage message) => Slab!.Bytes.AsSpan(message.Offset, message.Length);

    public void ReturnSlab()
    {
        var slab = Slab;
        Slab = null;
        slab?.Return();
    }

    /// <summary>For reuse by its owner.</summary>
    public void Reset()
    {
        Slab = null;
        Count = 0;
        KeepaliveLsn = 0;
        ReceivedAtUnixNs = 0;
        Snapshot = null;
        EndOfSnapshot = false;
        Heartbeat = false;
        Gap = null;
    }

    /// <summary>Dataflow puts a failing message's text into the exception: counts only, never row data.</summary>
    public override string ToString() => $"WAL batch of {Count} messages";
}
