using Penstock.Debezium.Events;
using Tuple = Penstock.Debezium.Events.Tuple;

namespace Penstock.Debezium.Transforms;

/// <summary>Whether a column has the same value before and after, as events tell it: a mask may hide a change, and a mode may cut it off.</summary>
internal sealed class ColumnComparison(RowWriter rows)
{
    private readonly JsonScratch _before = new();
    private readonly JsonScratch _after = new();

    /// <param name="slot">The column.</param>
    /// <param name="message">The whole pgoutput message.</param>
    /// <param name="before">The old row.</param>
    /// <param name="after">The new row.</param>
    /// <param name="toasted">Where the new row's unchanged values are, or null.</param>
    public bool Differs(ColumnSlot slot, ReadOnlySpan<byte> message, Tuple before, Tuple after, Tuple? toasted)
    {
        // A NULL differs from the default that is written for it. In a required column it is a value like any other.
        bool wasNull = slot.Optional && before.Length(slot.Index) == Tuple.Null;
        bool isNull = slot.Optional && after.Length(slot.Index) == Tuple.Null;
        if (slot.ReadsAsNull || wasNull || isNull)
        {
            return !slot.ReadsAsNull && wasNull != isNull;
        }

        rows.WriteColumn(slot, message, before, null, _before.Begin());
        rows.WriteColumn(slot, message, after, toasted, _after.Begin());
        return !_before.Span.SequenceEqual(_after.Span);
    }
}
