using System.Diagnostics;
using Penstock.Debezium.Events;
using Penstock.Debezium.Snapshots;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;

namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>A decoder, the slab its messages lie in with rubbish before and behind them, and what one call of it took.</summary>
internal sealed class FuzzDecoder : ITableSelection
{
    private const int MarginBytes = 64;

    private readonly Random _rubbish;
    private readonly SlabPool _input;
    private readonly SlabPool _output;
    private readonly TopicTable _topics = new();
    private readonly EventDecoder _decoder;
    private readonly SnapshotOrigin? _snapshot;

    public FuzzDecoder(EventFormat format, ICatalog catalog, bool snapshot, int rubbish, FuzzPools pools)
    {
        _rubbish = new Random(rubbish);
        (_input, _output) = (pools.Input, pools.Output);
        _snapshot = snapshot ? new SnapshotOrigin(0x1234, 700, 1_700_000_000_123_456) : null;
        Records = pools.Records;
        _decoder = new EventDecoder(format, catalog, this, _topics, _output, Records.Take, Records.NewBatch, format.SignalTable is null ? null : new NothingToRead());
    }

    public FuzzRecords Records { get; }

    /// <summary>The error of the last call; null if there was none.</summary>
    public UndecodableEventException? Error { get; private set; }

    public long AllocatedBytes { get; private set; }

    public double ElapsedMs { get; private set; }

    /// <summary>What is wrong with the records of the last call, or with the slabs after it; null if nothing is.</summary>
    public string? Objection => _output.Outstanding != 0 ? "a slab is lost" : Records.Objection(_topics);

    /// <summary>Decodes messages as one batch. Any exception but the typed one goes through.</summary>
    public void Decode(FuzzPending pending)
    {
        var batch = new WalBatch { Slab = _input.Rent("test", pending.Bytes.Length + (2 * MarginBytes)), ReceivedAtUnixNs = 1_700_000_000_123_456_789, Snapshot = _snapshot };
        var slab = batch.Slab.Bytes.AsSpan(0, pending.Bytes.Length + (2 * MarginBytes));
        _rubbish.NextBytes(slab[..MarginBytes]);
        pending.Bytes.CopyTo(slab[MarginBytes..]);
        _rubbish.NextBytes(slab[^MarginBytes..]);
        for (int i = 0; i < pending.Count; i++)
        {
            var (offset, length, lsn, marker) = pending[i];
            batch.Add(new WalMessage(MarginBytes + offset, length, lsn, marker));
        }

        Records.Clear();
        Error = null;
        long grown = Records.GrownBytes;
        long start = Stopwatch.GetTimestamp();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _decoder.Decode(batch);
        }
        catch (UndecodableEventException error)
        {
            Error = error;
        }
        finally
        {
            AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before - (Records.GrownBytes - grown);
            ElapsedMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            batch.ReturnSlab();
        }
    }

    public bool Includes(string schema, string table) => true;

    public bool IncludesColumn(string schema, string table, string column) => true;
}

/// <summary>Signals are obeyed, and every table turns out to be gone: what they say is what is broken here.</summary>
internal sealed class NothingToRead : IAdHocSource
{
    private int _chunks;

    public string Refusal => "gone";

    public string NewId() => $"chunk{++_chunks}";

    public IReadOnlyList<(string Schema, string Table)> Tables() => [("public", "wide"), ("public", "signals")];

    public IReadOnlyList<(string Schema, string Table)> Resolve(string schema, string table) => [(schema, table)];

    public void OpenWindow(string chunk, SavedProgress? progress)
    {
    }

    public void CloseWindow(string chunk)
    {
    }

    public void Save(SavedProgress progress)
    {
    }

    public ChunkAnswer ReadMaximum(SnapshotCollection collection, out string?[]? key)
    {
        key = null;
        return ChunkAnswer.NoTable;
    }

    public ChunkAnswer Read(SnapshotCollection collection, string?[]? after, string?[] maximum, IReadOnlyCollection<uint> decoded, ChunkRows rows) => ChunkAnswer.NoTable;

    public void ReadAtOnce(IReadOnlyList<(string Schema, string Table, string? Select)> tables, Action<WalBatch> rows, Action<SnapshotProgress> onTable)
    {
    }

    public void Log(string text, bool isWarning)
    {
    }
}

/// <summary>What decoders take from and give to; one decoder at a time.</summary>
internal sealed class FuzzPools
{
    // Small enough that records move from slab to slab and long values need slabs of their own.
    private const int SlabBytes = 1 << 15;

    public SlabPool Input { get; } = new("wal", 1 << 17, 1);

    public SlabPool Output { get; } = new("records", SlabBytes, 1);

    public FuzzRecords Records { get; } = new();
}

/// <summary>Messages that wait to be decoded together.</summary>
internal sealed class FuzzPending
{
    private readonly List<(int Offset, int Length, ulong Lsn, SnapshotMarker Marker)> _messages = [];
    private readonly List<bool> _mutated = [];
    private byte[] _bytes = new byte[1 << 16];
    private int _length;

    public int Count => _messages.Count;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public (int Offset, int Length, ulong Lsn, SnapshotMarker Marker) this[int message] => _messages[message];

    public byte[] Message(int message) => _bytes.AsSpan(_messages[message].Offset, _messages[message].Length).ToArray();

    public bool IsMutated(int message) => _mutated[message];

    public void Add(ReadOnlySpan<byte> message, ulong lsn, SnapshotMarker marker, bool mutated)
    {
        if (_length + message.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, 2 * (_length + message.Length));
        }

        message.CopyTo(_bytes.AsSpan(_length));
        _messages.Add((_length, message.Length, lsn, marker));
        _mutated.Add(mutated);
        _length += message.Length;
    }

    public void Clear()
    {
        _messages.Clear();
        _mutated.Clear();
        _length = 0;
    }
}
