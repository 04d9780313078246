using Penstock.Debezium.Events;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Transforms;

/// <summary>ExtractChangedRecordState: headers that list the columns an update changed and did not change; empty lists where there are not two rows to compare.</summary>
internal sealed class ChangedColumns
{
    private readonly byte[] _changed;
    private readonly byte[] _unchanged;
    private readonly JsonScratch _before = new();
    private readonly JsonScratch _after = new();
    private readonly JsonBuffer _names = new();

    private ChangedColumns(TransformOptions options)
    {
        _changed = JsonLiteral.Bytes(options.Text("header.changed.name", ""));
        _unchanged = JsonLiteral.Bytes(options.Text("header.unchanged.name", ""));
    }

    /// <summary>How many headers an event gets.</summary>
    public int Count => Math.Min(_changed.Length, 1) + Math.Min(_unchanged.Length, 1);

    public static ChangedColumns Read(TransformOptions options) => new(options);

    public void Write(RowWriter rows, scoped in RowChange change, SlabWriter output)
    {
        Write(_changed, changed: true, rows, change, output);
        Write(_unchanged, changed: false, rows, change, output);
    }

    private void Write(byte[] header, bool changed, RowWriter rows, scoped in RowChange change, SlabWriter output)
    {
        if (header.Length == 0)
        {
            return;
        }

        _names.Clear().Add("["u8);
        if (change.Before is not null && change.After is not null)
        {
            foreach (var slot in change.Plan.Row)
            {
                if (Differs(rows, slot, change) == changed)
                {
                    // A prefix is {"name": or ,"name": and a list has the name alone.
                    _names.Add(_names.Length > 1 ? ","u8 : default).Add(slot.Prefix.AsSpan(1, slot.Prefix.Length - 2));
                }
            }
        }

        _names.Add("]"u8);
        HeaderText.Write(header, _names.Span, output);
    }

    private bool Differs(RowWriter rows, ColumnSlot slot, scoped in RowChange change)
    {
        rows.WriteColumn(slot, change.Message, change.Before!, null, _before.Begin());
        rows.WriteColumn(slot, change.Message, change.After!, change.Toasted, _after.Begin());
        return !_before.Span.SequenceEqual(_after.Span);
    }
}
