using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;

namespace Penstock.Debezium.Events;

/// <summary>What an update has changed: its row, and its key.</summary>
internal sealed class RowComparison(EventFormat format, RowWriter rows)
{
    // What the rows hold decides where events are to tell all of it.
    private readonly ColumnComparison? _written = format.SkipUnchanged && format.Values.Compat == CompatMode.StrictDebezium ? new(rows) : null;
    private readonly KeyScratch _oldKey = new();
    private readonly KeyScratch _newKey = new();

    /// <summary>Whether the events of both rows would have different keys.</summary>
    /// <remarks>
    /// The same wire text gives the same key; other text may still give the same key (numeric 1.0 and 1.00, or a NULL that is written as a zero), which only the written keys can tell.
    /// </remarks>
    public bool KeyChanged(RelationPlan plan, ReadOnlySpan<byte> message, Tuple old, Tuple now)
    {
        bool same = true;
        foreach (var slot in plan.Key)
        {
            same &= SameColumn(slot, message, old, now);
        }

        if (same)
        {
            return false;
        }

        _oldKey.SetJson(plan, rows, message, old, null);
        _newKey.SetJson(plan, rows, message, now, old);
        return !_oldKey.Span.SequenceEqual(_newKey.Span);
    }

    /// <summary>Whether both rows are the same, as far as events tell them.</summary>
    public bool SameRow(RelationPlan plan, ReadOnlySpan<byte> message, Tuple old, Tuple now)
    {
        foreach (var slot in plan.Row)
        {
            if (!SameColumn(slot, message, old, now) && (_written is null || _written.Differs(slot, message, old, now, old)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool SameColumn(ColumnSlot slot, ReadOnlySpan<byte> message, Tuple old, Tuple now)
    {
        int length = now.Length(slot.Index);
        int before = old.Length(slot.Index);
        if (length == Tuple.Unchanged)
        {
            return before >= 0;
        }

        return length == before && (length < 0 || now.Value(message, slot.Index).SequenceEqual(old.Value(message, slot.Index)));
    }
}
