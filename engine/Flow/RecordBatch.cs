using Penstock.Engine.Buffers;

namespace Penstock.Engine.Flow;

/// <summary>
/// The message that travels from the decoder to the producer: finished records in one slab, in the order of the stream. The block that holds the batch owns its slab.
/// </summary>
public sealed class RecordBatch
{
    private Record[] _records = new Record[256];

    /// <summary>The slab with all bytes; null for a batch that only carries a position.</summary>
    public Slab? Slab { get; set; }

    public Span<Record> Records => _records.AsSpan(0, Count);

    public int Count { get; private set; }

    /// <summary>Place of the batch in the stream, counted from 1 without gaps.</summary>
    public long Sequence { get; set; }

    /// <summary>The position that may be confirmed once this batch and all before it are delivered: an exact <c>Commit.end_lsn</c> or idle keepalive LSN; 0 if none.</summary>
    public ulong Position { get; set; }

    /// <summary>Records per partition group, filled by the partitioner: indexes into <see cref="Records"/> ordered by (topic, partition), order within a group kept.</summary>
    public int[] Order { get; set; } = [];

    /// <summary>How many entries of <see cref="Order"/> count: the array is kept for reuse and removed records are not in it.</summary>
    public int OrderCount { get; set; }

    /// <summary>When the first message of the batch was received, in nanoseconds since 1970, for the lag figure.</summary>
    public long ReceivedAtUnixNs { get; set; }

    /// <summary>When the transaction of the first record was committed, by the source's clock, in microseconds since 1970; 0 for rows of a snapshot and records of no transaction.</summary>
    public long CommittedAtUs { get; set; }

    /// <summary>Who can name the table of a record for messages: the decoder's list of relations.</summary>
    public ITableNames? Source { get; set; }

    /// <summary>Adds a slot for a record and returns it for filling.</summary>
    public ref Record Add()
    {
        if (Count == _records.Length)
        {
            Array.Resize(ref _records, _records.Length * 2);
        }

        ref var record = ref _records[Count++];
        record = default;
        record.Partition = -1;
        record.TimestampMs = -1;
        record.Table = -1;
        return ref record;
    }

    public ReadOnlySpan<byte> Key(in Record record) => record.KeyLength < 0 ? default : Slab!.Bytes.AsSpan(record.KeyOffset, record.KeyLength);

    public ReadOnlySpan<byte> Value(in Record record) => record.ValueLength < 0 ? default : Slab!.Bytes.AsSpan(record.ValueOffset, record.ValueLength);

    /// <summary>Returns the slab, if there is one, to its pool.</summary>
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
        OrderCount = 0;
        Sequence = 0;
        Position = 0;
        ReceivedAtUnixNs = 0;
        CommittedAtUs = 0;
        Source = null;
    }

    /// <summary>Dataflow puts a failing message's text into the exception: counts only, never row data.</summary>
    public override string ToString() => $"batch {Sequence} of {Count} records";
}
