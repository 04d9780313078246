using System.Buffers.Binary;
using Penstock.Debezium.Transforms;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>Writes the events of row messages: insert, update, delete and their tombstones, snapshot rows, truncate (section 2.2).</summary>
internal sealed class RowEvents(
    EventFormat format,
    RecordAssembler records,
    Transaction transaction,
    SourceBlock source,
    EnvelopeClock clock,
    TransactionRecords? metadata,
    RowWriter rows,
    ShapedRecords? shaped,
    LossNotes? notes)
{
    private readonly EventHeaders _headers = new(format);
    private readonly RowComparison _comparison = new(format, rows);
    private readonly Tuple _new = new();
    private readonly Tuple _old = new();
    private readonly KeyScratch _other = new();
    private readonly byte[] _keyClose = format.KeySchemas ? "}"u8.ToArray() : [];

    /// <summary>The writer of the row at hand, for the place of an error.</summary>
    public RowWriter Rows => rows;

    /// <summary>A row of a snapshot.</summary>
    /// <param name="plan">Its table.</param>
    /// <param name="message">The Insert message.</param>
    /// <param name="lsn">What <c>source</c> tells as its position.</param>
    /// <param name="commitLsn">First half of its identity.</param>
    /// <param name="ordinal">Second half; counted on.</param>
    public void Read(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn, ulong commitLsn, ref long ordinal)
    {
        ReadNew(plan, message, 5);
        var change = new RowChange
        {
            Plan = plan,
            Message = message,
            Operation = (byte)'r',
            Before = null,
            After = _new,
            Toasted = null,
            Lsn = lsn,
            Counted = false,
            Other = OtherKey.None,
        };
        if (Write(change))
        {
            ref var record = ref records.Finish(plan.Topic, plan.Table, (byte)'r', commitLsn, ordinal++);
            shaped?.Direct(ref record);
        }
    }

    /// <summary>A change in the stream: an Insert, Update or Delete message.</summary>
    public void Change(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn)
    {
        switch (message[0])
        {
            case (byte)'I':
                Insert(plan, message, lsn);
                break;
            case (byte)'U':
                Update(plan, message, lsn);
                break;
            default:
                Delete(plan, message, lsn);
                break;
        }
    }

    public void Insert(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn)
    {
        ReadNew(plan, message, 5);
        if (!Skipped(EventOperations.Create))
        {
            Event(plan, message, (byte)'c', null, _new, null, lsn, OtherKey.None);
        }
    }

    public void Update(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn)
    {
        EnsureKey(plan);
        byte kind = Kind(message, 5);
        Tuple? old = null;
        int position = 5;
        if (kind is (byte)'K' or (byte)'O')
        {
            position = _old.Read(message, 6, plan.Relation.Columns.Length);
            old = _old;
        }

        ReadNew(plan, message, position);
        if (format.SkipUnchanged && kind == (byte)'O' && _comparison.SameRow(plan, message, _old, _new))
        {
            return;
        }

        if (old is not null && _comparison.KeyChanged(plan, message, _old, _new))
        {
            KeyChange(plan, message, lsn);
        }
        else if (!Skipped(EventOperations.Update))
        {
            Event(plan, message, (byte)'u', old, _new, old, lsn, OtherKey.None);
        }
    }

    public void Delete(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn)
    {
        EnsureKey(plan);
        if (Kind(message, 5) is var kind && kind is not ((byte)'K' or (byte)'O'))
        {
            throw new MalformedWalException($"a Delete message with tuple kind 0x{kind:x2}; known are K and O");
        }

        EnsureEnd(message, _old.Read(message, 6, plan.Relation.Columns.Length));
        if (!Skipped(EventOperations.Delete))
        {
            Event(plan, message, (byte)'d', _old, null, null, lsn, OtherKey.None);
            Tombstone(plan, message, lsn, OtherKey.None);
        }
    }

    public void Truncate(RelationPlan plan, ulong lsn)
    {
        Event(plan, default, (byte)'t', null, null, null, lsn, OtherKey.None);
    }

    // A key change is a delete of the old key and a create of the new one, each telling the other key in a header.
    private void KeyChange(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn)
    {
        if (!Skipped(EventOperations.Delete))
        {
            _other.SetHeader(plan, Rows, message, _new, _old);
            Event(plan, message, (byte)'d', _old, null, null, lsn, OtherKey.New);
            Tombstone(plan, message, lsn, OtherKey.New);
        }

        if (!Skipped(EventOperations.Create))
        {
            _other.SetHeader(plan, Rows, message, _old, null);
            Event(plan, message, (byte)'c', null, _new, _old, lsn, OtherKey.Old);
        }
    }

    private void Event(RelationPlan plan, ReadOnlySpan<byte> message, byte operation, Tuple? before, Tuple? after, Tuple? toasted, ulong lsn, OtherKey other)
    {
        var change = new RowChange
        {
            Plan = plan,
            Message = message,
            Operation = operation,
            Before = before,
            After = after,
            Toasted = toasted,
            Lsn = lsn,
            Counted = true,
            Other = other,
        };
        metadata?.Count(plan);
        // The old row of a key that changed holds no more than the key.
        SetTrace(plan, message, after ?? (other == OtherKey.New ? _new : before));
        if (Write(change))
        {
            ref var record = ref records.Finish(plan.Topic, plan.Table, operation, transaction.CommitLsn, transaction.NextOrdinal++);
            shaped?.Direct(ref record);
        }

        metadata?.Settle();
    }

    private void SetTrace(RelationPlan plan, ReadOnlySpan<byte> message, Tuple? row)
    {
        if (plan.TraceParentColumn < 0)
        {
            return;
        }

        if (row is null || row.Length(plan.TraceParentColumn) < 0)
        {
            records.RowTrace.Clear();
        }
        else
        {
            records.RowTrace.Set(row.Value(message, plan.TraceParentColumn));
        }
    }

    private bool Write(scoped in RowChange change)
    {
        notes?.Clear();
        if (shaped is not null)
        {
            return shaped.Write(this, change);
        }

        records.Begin();
        WriteKey(change);
        WriteEnvelope(change, change.Plan.ValueOpen);
        WriteHeaders(change.Other);
        if (change.Plan.Types.Length > 0)
        {
            records.AddHeader(change.Plan.Types);
        }

        return true;
    }

    private void Tombstone(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn, OtherKey other)
    {
        if (!format.TombstonesOnDelete)
        {
            return;
        }

        notes?.Clear();
        SetTrace(plan, message, other == OtherKey.New ? _new : _old);
        if (shaped is null)
        {
            records.Begin();
            WriteKey(plan, message, _old, null);
            records.NullValue();
            WriteHeaders(other);
            records.Finish(plan.Topic, plan.Table, (byte)'x', transaction.CommitLsn, transaction.NextOrdinal++);
            return;
        }

        var change = new RowChange
        {
            Plan = plan,
            Message = message,
            Operation = (byte)'x',
            Before = _old,
            After = null,
            Toasted = null,
            Lsn = lsn,
            Counted = false,
            Other = other,
        };
        if (shaped.Write(this, change))
        {
            ref var record = ref records.Finish(plan.Topic, plan.Table, (byte)'x', transaction.CommitLsn, transaction.NextOrdinal++);
            shaped.Direct(ref record);
        }
    }

    // A truncate has no key.
    private void WriteKey(scoped in RowChange change)
    {
        if (change.Row is null)
        {
            records.NullKey();
        }
        else
        {
            WriteKey(change.Plan, change.Message, change.Row, change.RowToasted);
        }
    }

    private void WriteKey(RelationPlan plan, ReadOnlySpan<byte> message, Tuple tuple, Tuple? old)
    {
        if (!plan.HasKey)
        {
            records.NullKey();
            return;
        }

        var output = records.Output;
        output.Write(plan.KeyOpen);
        Rows.Write(plan.Key, plan.KeyClose, message, tuple, old, output);
        output.Write(_keyClose);
        records.EndKey();
    }

    /// <param name="change">The event.</param>
    /// <param name="open">Everything up to the value of <c>before</c>.</param>
    internal void WriteEnvelope(scoped in RowChange change, byte[] open)
    {
        var plan = change.Plan;
        var output = records.Output;
        output.Write(open);
        WriteRows(change);
        source.Write(plan.SourceTable, change.Lsn, output);
        if (metadata is not null && change.Counted)
        {
            output.Write(",\"transaction\":"u8);
            metadata.WriteBlock(change.Lsn, output);
            output.Write(",\"op\":\""u8);
        }
        else
        {
            output.Write(",\"transaction\":null,\"op\":\""u8);
        }

        output.WriteByte(change.Operation);
        output.WriteByte((byte)'"');
        output.Write(clock.Tail);
        records.EndValue();
    }

    /// <summary>Writes the value of <c>before</c>, and <c>after</c>.</summary>
    internal void WriteRows(scoped in RowChange change)
    {
        notes?.Enter(LossNotes.Before);
        WriteRow(change.Plan, change.Message, change.Before, null, records.Output);
        records.Output.Write(",\"after\":"u8);
        notes?.Enter(LossNotes.After);
        WriteRow(change.Plan, change.Message, change.After, change.Toasted, records.Output);
        notes?.Enter([]);
    }

    private void WriteRow(RelationPlan plan, ReadOnlySpan<byte> message, Tuple? tuple, Tuple? old, SlabWriter output)
    {
        if (tuple is null)
        {
            output.Write("null"u8);
        }
        else
        {
            Rows.Write(plan.Row, "}"u8, message, tuple, old, output);
        }
    }

    /// <param name="other">The key that a key change tells.</param>
    /// <param name="more">Headers that the caller writes behind these.</param>
    internal void WriteHeaders(OtherKey other, int more = 0)
    {
        more += notes?.Count ?? 0;
        if (other == OtherKey.None)
        {
            _headers.WriteContext(records.Output, more);
        }
        else
        {
            _headers.WriteKeyChange(other == OtherKey.New ? "__debezium.newkey"u8 : "__debezium.oldkey"u8, _other.Span, records.Output, more);
        }

        notes?.Write(records.Output);
    }

    private void ReadNew(RelationPlan plan, ReadOnlySpan<byte> message, int position)
    {
        byte kind = Kind(message, position);
        if (kind != (byte)'N')
        {
            throw new MalformedWalException($"a row message with tuple kind 0x{kind:x2} where N is due");
        }

        EnsureEnd(message, _new.Read(message, position + 1, plan.Relation.Columns.Length));
    }

    private static void EnsureKey(RelationPlan plan)
    {
        if (plan.KeyMayBeAbsent)
        {
            throw new AbsentKeyException();
        }
    }

    private bool Skipped(EventOperations operation) => (format.SkippedOperations & operation) != 0;

    private static byte Kind(ReadOnlySpan<byte> message, int position) => position < message.Length
        ? message[position]
        : throw new MalformedWalException($"a row message that ends at byte {message.Length}");

    private static void EnsureEnd(ReadOnlySpan<byte> message, int end)
    {
        if (end != message.Length)
        {
            throw new MalformedWalException($"{message.Length - end} bytes behind the row of a message of {message.Length} bytes");
        }
    }

    /// <summary>The relation that a row message is about.</summary>
    public static uint RelationOid(ReadOnlySpan<byte> message) => message.Length >= 5
        ? BinaryPrimitives.ReadUInt32BigEndian(message[1..])
        : throw new MalformedWalException($"a row message of {message.Length} bytes");
}
