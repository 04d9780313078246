using System.Buffers.Binary;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;

namespace Penstock.Debezium.Events;

/// <summary>
/// Puts records into batches and hands full batches on. A record is written as key, value, headers, one behind the other: <see cref="Begin"/>, bytes,
/// <see cref="EndKey"/> or <see cref="NullKey"/>, bytes, <see cref="EndValue"/> or <see cref="NullValue"/>, bytes, <see cref="Finish"/>.
/// </summary>
/// <remarks>
/// A batch leaves when its slab is full, when the next record would be one too many, and on <see cref="Flush"/>. It leaves as late as possible, so that the commit that follows
/// a transaction's last record still finds the batch with that record and gives it its position.
/// </remarks>
internal sealed class RecordAssembler
{
    private readonly Action<RecordBatch> _emit;
    private readonly Func<RecordBatch> _newBatch;
    private readonly ITableNames _source;
    private readonly int _maxRecords;
    private readonly bool _positionHeaders;
    private RecordBatch _batch;
    private ulong _position;
    private ulong _emittedPosition;
    private long _sequence;
    private int _keyLength;
    private int _valueStart;
    private int _valueLength;
    private string _noteReason = "";

    public RecordAssembler(SlabPool pool, int maxRecords, bool positionHeaders, Func<RecordBatch> newBatch, ITableNames source, Action<RecordBatch> emit)
    {
        _maxRecords = Math.Max(1, maxRecords);
        _positionHeaders = positionHeaders;
        _newBatch = newBatch;
        _source = source;
        _emit = emit;
        Output = new SlabWriter(pool, "decoder") { OnOverflow = EmitFull };
        _batch = newBatch();
    }

    public SlabWriter Output { get; }

    /// <summary>Receive time of the input at hand, in nanoseconds since 1970.</summary>
    public long ReceivedAtUnixNs { get; set; }

    /// <summary>Events to leave out; null for none.</summary>
    public EventSkips? Skips { get; init; }

    /// <summary>Where their notes go, and the names of topics.</summary>
    public TopicTable? Topics { get; init; }

    /// <summary>Told when an event gave way to a note.</summary>
    public Action? Skipped { get; set; }

    /// <summary>The record that was finished last is the note of an event that was left out.</summary>
    public bool IsNote { get; private set; }

    /// <summary>When the transaction at hand was committed, in microseconds since 1970; 0 outside of one.</summary>
    public long CommittedAtUs { get; set; }

    /// <summary>The header of the record at hand; it is taken off with the record.</summary>
    public TraceParent RowTrace { get; } = new();

    /// <summary>The header of records that have none of their own.</summary>
    public TraceParent TransactionTrace { get; } = new();

    /// <summary>The position that is reached with the records finished so far.</summary>
    public ulong Position => _position;

    /// <summary>Everything before <paramref name="position"/> is finished. A smaller position than the last is ignored: positions never go backwards.</summary>
    public void Reach(ulong position)
    {
        if (position > _position)
        {
            _position = position;
        }
    }

    public void Begin()
    {
        if (_batch.Count >= _maxRecords)
        {
            Flush();
        }

        Output.BeginRecord();
    }

    public void EndKey() => _keyLength = _valueStart = Output.RecordBytes;

    public void NullKey()
    {
        _keyLength = -1;
        _valueStart = 0;
    }

    public void EndValue() => _valueLength = Output.RecordBytes - _valueStart;

    public void NullValue() => _valueLength = -1;

    /// <summary>Adds a header behind those that the record at hand has, or as the only one.</summary>
    /// <param name="entry">Name and value, each behind its length.</param>
    public void AddHeader(ReadOnlySpan<byte> entry)
    {
        int headers = _valueStart + Math.Max(_valueLength, 0);
        if (Output.RecordBytes == headers)
        {
            Output.Write([0, 0]);
        }

        Output.Write(entry);
        // Last, because the record may just have moved to another slab.
        var count = Output.Written(headers, sizeof(short));
        BinaryPrimitives.WriteInt16BigEndian(count, (short)(BinaryPrimitives.ReadInt16BigEndian(count) + 1));
    }

    /// <summary>Ends the record; whatever was written since its value are its headers.</summary>
    public ref Record Finish(int topic, int table, byte operation, ulong commitLsn, long ordinal)
    {
        IsNote = Skips is { } skips && skips.Has(operation, new EventPosition(commitLsn, ordinal));
        if (IsNote)
        {
            topic = WriteNote(new SkippedEvent(new EventPosition(commitLsn, ordinal), _source.TableName(table), (char)operation, _noteReason), topic);
        }

        int headers = _valueStart + Math.Max(_valueLength, 0);
        // Heartbeats, gaps and notifications belong to no change.
        if (_positionHeaders && operation is not ((byte)'h' or (byte)'g' or (byte)'n'))
        {
            Span<byte> position = stackalloc byte[PositionHeader.MostBytes];
            AddHeader(position[..PositionHeader.Write(position, new EventPosition(commitLsn, ordinal))]);
        }

        if ((RowTrace.IsSet || TransactionTrace.IsSet) && operation is not ((byte)'h' or (byte)'g' or (byte)'n'))
        {
            AddHeader((RowTrace.IsSet ? RowTrace : TransactionTrace).Entry);
            RowTrace.Clear();
        }

        if (_batch.Count == 0)
        {
            _batch.ReceivedAtUnixNs = ReceivedAtUnixNs;
            _batch.CommittedAtUs = CommittedAtUs;
        }

        int start = Output.RecordStart;
        ref var record = ref _batch.Add();
        record.Topic = topic;
        record.KeyOffset = start;
        record.KeyLength = _keyLength;
        record.ValueOffset = start + _valueStart;
        record.ValueLength = _valueLength;
        record.HeadersOffset = start + headers;
        record.HeadersLength = Output.RecordBytes - headers;
        record.CommitLsn = commitLsn;
        record.Ordinal = ordinal;
        record.Table = table;
        record.Operation = operation;
        return ref record;
    }

    /// <summary>Ends an event of which nothing could be written, and which somebody asked to leave out.</summary>
    /// <param name="reason">Why it could not.</param>
    /// <param name="topic">Where it would have gone; -1 where that is not known.</param>
    /// <param name="table">Its table.</param>
    /// <param name="operation">Its operation.</param>
    /// <param name="position">Its identity.</param>
    public void FinishUnwritten(string reason, int topic, int table, byte operation, EventPosition position)
    {
        _noteReason = reason;
        Begin();
        NullKey();
        NullValue();
        Finish(topic, table, operation, position.CommitLsn, position.Ordinal);
        _noteReason = "";
    }

    // Over the record at hand, of which the key stays where it is small.
    private int WriteNote(SkippedEvent skipped, int topic)
    {
        byte[] note = Skips!.Note(skipped, topic < 0 ? "" : Topics!.Name(topic));
        if (_keyLength > EventSkips.KeptKeyBytes)
        {
            NullKey();
        }

        Output.Retreat(Output.RecordBytes - Math.Max(_keyLength, 0));
        Output.Write(note);
        EndValue();
        Skipped?.Invoke();
        return Topics!.Add(Skips.Topic);
    }

    /// <summary>Hands on what there is: records, or a new position alone.</summary>
    public void Flush()
    {
        var slab = Output.Detach();
        if (_batch.Count == 0)
        {
            slab?.Return();
            if (_position == _emittedPosition)
            {
                return;
            }

            _batch.ReceivedAtUnixNs = ReceivedAtUnixNs;
            Emit();
            return;
        }

        _batch.Slab = slab;
        Emit();
    }

    /// <summary>Forgets the record at hand: what was finished before it stays.</summary>
    public void AbandonRecord() => Output.AbandonRecord();

    /// <summary>Forgets everything and gives the slab back, because nobody takes batches any more.</summary>
    public void Abandon()
    {
        Output.Detach()?.Return();
        _batch.ReturnSlab();
        _batch.Reset();
    }

    private void EmitFull(Slab full)
    {
        _batch.Slab = full;
        Emit();
    }

    private void Emit()
    {
        var batch = _batch;
        batch.Sequence = ++_sequence;
        batch.Position = _position;
        batch.Source = _source;
        _emittedPosition = _position;
        _batch = _newBatch();
        _emit(batch);
    }
}
