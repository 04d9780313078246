using Penstock.Debezium.Events;

namespace Penstock.Debezium.Transforms;

/// <summary>Options of ExtractChangedRecordState: headers that list the columns an update changed and did not change; empty lists where there are not two rows to compare.</summary>
internal sealed class ChangedHeaders : Transform
{
    private ChangedHeaders(TransformOptions options) => (Changed, Unchanged) = (options.Text("header.changed.name"), options.Text("header.unchanged.name"));

    /// <summary>Name of the header for changed columns, or null.</summary>
    public string? Changed { get; }

    /// <summary>Name of the header for the others, or null.</summary>
    public string? Unchanged { get; }

    public static ChangedHeaders Read(TransformOptions options) => new(options);

    public override TransformStage Open(StageTools tools) => new ChangedColumns(this, tools);
}

/// <summary>ExtractChangedRecordState at work.</summary>
internal sealed class ChangedColumns(ChangedHeaders options, StageTools tools) : TransformStage
{
    private readonly byte[][] _names = [JsonLiteral.Bytes(options.Changed ?? ""), JsonLiteral.Bytes(options.Unchanged ?? "")];
    private readonly JsonBuffer[] _lists = [new(), new()];
    private readonly ColumnComparison _comparison = new(tools.Rows);

    // One for each column of the row: 1 where it changed.
    private byte[] _changed = new byte[64];
    private int _compared;

    public override bool Apply(RecordDraft draft, scoped in RowChange change)
    {
        if (draft.Form is not (ValueForm.Envelope or ValueForm.Decoded))
        {
            return true;
        }

        Compare(change);
        draft.Changes = this;
        if (options.Changed is not null)
        {
            List(_lists[0], 1, change);
            draft.AddHeader(this, 0);
        }

        if (options.Unchanged is not null)
        {
            List(_lists[1], 0, change);
            draft.AddHeader(this, 1);
        }

        return true;
    }

    public override ReadOnlySpan<byte> HeaderName(int index) => _names[index];

    public override ReadOnlySpan<byte> HeaderJson(int index, scoped in RowChange change) => _lists[index].Span;

    /// <summary>Marks the columns that a header lists; false if the header is not of this stage, or lists none.</summary>
    /// <param name="header">The header's name.</param>
    /// <param name="marks">Gets one for each column of the row, 1 where it is listed; made larger if need be.</param>
    public bool Marks(string header, ref byte[] marks)
    {
        if (header != options.Changed && header != options.Unchanged)
        {
            return false;
        }

        if (marks.Length < _compared)
        {
            marks = new byte[_changed.Length];
        }

        byte listed = header == options.Changed ? (byte)1 : (byte)0;
        for (int i = 0; i < _compared; i++)
        {
            marks[i] = _changed[i] == listed ? (byte)1 : (byte)0;
        }

        return marks.AsSpan(0, _compared).Contains((byte)1);
    }

    private void Compare(scoped in RowChange change)
    {
        _compared = 0;
        if (change.Before is null || change.After is null)
        {
            return;
        }

        var slots = change.Plan.Row;
        if (_changed.Length < slots.Length)
        {
            _changed = new byte[slots.Length];
        }

        for (; _compared < slots.Length; _compared++)
        {
            _changed[_compared] = _comparison.Differs(slots[_compared], change.Message, change.Before, change.After, change.Toasted) ? (byte)1 : (byte)0;
        }
    }

    private void List(JsonBuffer list, byte listed, scoped in RowChange change)
    {
        list.Clear().Add("["u8);
        for (int i = 0; i < _compared; i++)
        {
            if (_changed[i] == listed)
            {
                // A prefix is {"name": or ,"name": and a list has the name alone.
                list.Add(list.Length > 1 ? ","u8 : default).Add(change.Plan.Row[i].Prefix.AsSpan(1, change.Plan.Row[i].Prefix.Length - 2));
            }
        }

        list.Add("]"u8);
    }
}
