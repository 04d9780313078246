using System.Runtime.CompilerServices;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Events;

/// <summary>Writes a tuple as a JSON object, field by field, through the encoders of its plan.</summary>
/// <param name="failOnUnrepresented">A value that has no form in Debezium's format is an error instead of a null.</param>
/// <param name="notes">Takes the columns whose values are not what the row holds; null where nobody asks.</param>
internal sealed class RowWriter(bool failOnUnrepresented, LossNotes? notes = null)
{
    private readonly ColumnSlot[] _one = new ColumnSlot[1];

    // The place of the column being written: a number, because keeping the column itself would cost the collector's write barrier for every value.
    private ColumnSlot[] _slots = [];
    private int _at = -1;

    /// <summary>The column being written, for the message of an error; null outside of a column.</summary>
    public ColumnSlot? Current => _at < 0 ? null : _slots[_at];

    /// <param name="slots">Fields to write.</param>
    /// <param name="close">What ends the object.</param>
    /// <param name="message">The whole pgoutput message.</param>
    /// <param name="tuple">The row.</param>
    /// <param name="old">The old row of the same message, which holds the TOASTed values that did not change under REPLICA IDENTITY FULL; else null.</param>
    /// <param name="output">Where to.</param>
    public void Write(ColumnSlot[] slots, ReadOnlySpan<byte> close, ReadOnlySpan<byte> message, Tuple tuple, Tuple? old, SlabWriter output)
    {
        if (slots.Length == 0)
        {
            output.Write("{}"u8);
            return;
        }

        _slots = slots;
        for (int i = 0; i < slots.Length; i++)
        {
            var slot = slots[i];
            _at = i;
            output.Write(slot.Prefix);
            WriteSlot(slot, message, tuple, old, output);
        }

        output.Write(close);
        _at = -1;
    }

    /// <summary>Writes the value of one column.</summary>
    public void WriteColumn(ColumnSlot slot, ReadOnlySpan<byte> message, Tuple tuple, Tuple? old, SlabWriter output)
    {
        _one[0] = slot;
        _slots = _one;
        _at = 0;
        WriteSlot(slot, message, tuple, old, output);
        _at = -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteSlot(ColumnSlot slot, ReadOnlySpan<byte> message, Tuple tuple, Tuple? old, SlabWriter output)
    {
        int length = tuple.Length(slot.Index);
        if (length >= 0)
        {
            WriteValue(slot, tuple.Value(message, slot.Index), output);
        }
        else if (length == Tuple.Null)
        {
            WriteNull(slot, output);
        }
        else if (old is not null && old.Length(slot.Index) >= 0)
        {
            WriteValue(slot, old.Value(message, slot.Index), output);
        }
        else
        {
            int start = output.RecordBytes;
            slot.Encoder.WriteUnavailable(output);
            notes?.AddUnavailable(slot);
            CountNull(slot, start, fail: false, output);
        }
    }

    /// <summary>Forgets where it was, after an error was reported.</summary>
    public void Reset() => _at = -1;

    private void WriteValue(ColumnSlot slot, ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (slot.ReadsAsNull)
        {
            slot.Unrepresented++;
            WriteNull(slot, output);
            return;
        }

        int start = output.RecordBytes;
        if (notes is null)
        {
            slot.Encoder.Write(text, output);
            CountNull(slot, start, failOnUnrepresented, output);
            return;
        }

        long lost = slot.Encoder.Losses;
        slot.Encoder.Write(text, output);
        if (CountNull(slot, start, failOnUnrepresented, output) || slot.Encoder.Losses != lost)
        {
            notes.AddLost(slot);
        }
    }

    private static void WriteNull(ColumnSlot slot, SlabWriter output)
    {
        if (slot.NullJson is { } json)
        {
            output.Write(json);
        }
        else
        {
            slot.Encoder.WriteZero(output);
        }
    }

    // An encoder writes a bare null only for a value that has no form in Debezium's format: no JSON of a value is the four letters null. For JsonConverter it
    // is a null like any other, so the column's default takes its place.
    private static bool CountNull(ColumnSlot slot, int start, bool fail, SlabWriter output)
    {
        const int NullBytes = 4;
        if (output.RecordBytes - start != NullBytes || !output.Slab!.Bytes.AsSpan(output.Position - NullBytes, NullBytes).SequenceEqual("null"u8))
        {
            return false;
        }

        slot.Unrepresented++;
        if (fail)
        {
            throw new UnrepresentableValueException("a value that the format has no form for, and event.converting.failure.handling.mode is fail; with warn it is written as null");
        }

        if (slot.NullJson is not { } json)
        {
            // A required field cannot be null: Debezium's converter fails here too.
            throw new UnrepresentableValueException("a value that the format writes as null, in a column that is NOT NULL and has no default; another handling mode of its type may have a form for it");
        }

        output.Retreat(NullBytes);
        output.Write(json);
        return true;
    }
}
