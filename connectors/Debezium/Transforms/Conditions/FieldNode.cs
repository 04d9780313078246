using System.Text;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;
using Tuple = Penstock.Debezium.Events.Tuple;

namespace Penstock.Debezium.Transforms.Conditions;

/// <summary>A step of a path: a name, and whether a null before it gives a null (<c>?.</c>).</summary>
internal readonly record struct PathStep(string Name, bool Safe);

/// <summary>
/// A path such as <c>value.after.id</c>. What it means depends on what the record is at that point of the chain: an envelope, a row alone, a tombstone. A column is looked up once for each
/// relation and then read from the tuple's bytes.
/// </summary>
internal sealed class FieldNode : ConditionNode
{
    private static readonly int TransactionId = Place("transaction", "id");

    private readonly string _root;
    private readonly PathStep[] _steps;
    private readonly StageTools _tools;
    private readonly JsonScratch _json = new();
    private readonly byte[] _headerName;
    private readonly byte[]? _context;
    private readonly int _place;
    private byte[]?[] _topics = [];
    private ColumnSlot[]? _slots;
    private ColumnSlot? _slot;

    public FieldNode(int column, string root, PathStep[] steps, StageTools tools)
        : base(column)
    {
        (_root, _steps, _tools) = (root, steps, tools);
        _headerName = steps.Length > 0 ? Encoding.UTF8.GetBytes(steps[0].Name) : [];
        _place = steps.Length == 0 ? -1 : !IsBlock(steps[0].Name) ? Place("", steps[0].Name) : steps.Length == 1 ? -1 : Place(steps[0].Name, steps[1].Name);
        int known = root == "header" && steps.Length > 0 && tools.Format.ExtendedHeaders ? EventHeaders.ContextNames.ToList().IndexOf(steps[0].Name) : -1;
        _context = known < 0 ? null : JsonLiteral.Bytes(JsonLiteral.Quote(EventHeaders.Values(tools.Format)[known]));
    }

    /// <summary>Whether it is a column of an envelope's row.</summary>
    public bool IsColumn => _root == "value" && _steps.Length > 1 && _steps[0].Name is "before" or "after";

    /// <summary>Whether a method of it gives a null for a null.</summary>
    public bool IsSafe { get; init; }

    public override ConditionValue Evaluate(RecordDraft draft, scoped in RowChange change) => _root switch
    {
        "topic" => ConditionValue.Text(Topic(draft.Topic)),
        "key" => Key(draft, change),
        "header" => Header(draft, change),
        _ => Value(draft, change),
    };

    /// <summary>Why there is no value, for a message.</summary>
    public string Describe(RecordDraft draft) =>
        draft.OfRow && draft.Form is ValueForm.Envelope or ValueForm.Null or ValueForm.Gone or ValueForm.Row && NullBefore(draft) is { } before
            ? $"{before} is null in this record ({Operation(draft)}), so there is no {this}: ask for value.op first, or write {Safe(before)}"
            : $"there is no {this} in this record ({Operation(draft)})";

    public override string ToString() => _root + string.Concat(_steps.Select(s => s.Name.All(c => char.IsLetterOrDigit(c) || c == '_') ? $".{s.Name}" : $"['{s.Name}']"));

    private ConditionValue Missing => ConditionValue.Missing(this);

    // A null before a step: a null where the step is ?., else there is nothing to ask.
    private ConditionValue AfterNull(int step) => _steps[step].Safe ? ConditionValue.Null : Missing;

    private static string Operation(RecordDraft draft) => draft.Operation switch
    {
        (byte)'x' => "a tombstone",
        (byte)'b' or (byte)'e' => "the end of a transaction",
        (byte)'h' => "a heartbeat",
        _ => $"operation {(char)draft.Operation}",
    };

    private string? NullBefore(RecordDraft draft) => _root != "value" || _steps.Length == 0 ? null
        : draft.IsNull ? "value"
        : draft.Form == ValueForm.Envelope && _steps.Length == 2 ? _steps[0].Name switch
        {
            "before" when draft.Operation is (byte)'c' or (byte)'r' or (byte)'u' or (byte)'t' => "value.before",
            "after" when draft.Operation is (byte)'d' or (byte)'t' => "value.after",
            "transaction" => "value.transaction",
            _ => null,
        }
        : null;

    private string Safe(string before) => $"{before}?{ToString()[before.Length..]}";

    private ReadOnlySpan<byte> Topic(int topic)
    {
        if (topic >= _topics.Length)
        {
            Array.Resize(ref _topics, Math.Max(_tools.Topics.Count, topic + 1));
        }

        return _topics[topic] ??= JsonLiteral.Bytes(JsonLiteral.Quote(_tools.Topics.Name(topic)));
    }

    private ConditionValue Value(RecordDraft draft, scoped in RowChange change)
    {
        if (draft.IsNull)
        {
            return _steps.Length == 0 ? ConditionValue.Null : AfterNull(0);
        }

        if (_steps.Length == 0)
        {
            return ConditionValue.Struct;
        }

        return draft.Form switch
        {
            ValueForm.Envelope or ValueForm.Decoded => Envelope(draft, change),
            ValueForm.Row => FlatField(draft, change),
            ValueForm.Other when draft.Operation == (byte)'m' => Message(change),
            _ => Missing,
        };
    }

    private ConditionValue Envelope(RecordDraft draft, scoped in RowChange change)
    {
        string name = _steps[0].Name;
        return name switch
        {
            "before" => draft.Decoded is not null ? Missing : Row(change.Before, null, change),
            "after" => draft.Decoded is { } decoded ? DecodedField(decoded) : Row(change.After, change.Toasted, change),
            "op" => _steps.Length > 1 ? Missing : ConditionValue.Text(Quoted(draft.Decoded is null ? draft.Operation : (byte)'c')),
            _ => Block(draft.Decoded is null, change),
        };
    }

    // The blocks beside the rows; a message's envelope has no times but milliseconds.
    private ConditionValue Block(bool hasTimes, scoped in RowChange change)
    {
        string name = _steps[0].Name;
        if (!IsBlock(name))
        {
            return _place < 0 || _steps.Length > 1 || (!hasTimes && name is "ts_us" or "ts_ns") ? Missing : ConditionValue.OfJson(_tools.Blocks.Find(_place, change));
        }

        if (name == "transaction" && ConditionValue.OfJson(_tools.Blocks.Find(TransactionId, change)).Kind == ConditionKind.Null)
        {
            return _steps.Length == 1 ? ConditionValue.Null : AfterNull(1);
        }

        if (_steps.Length != 2 || _place < 0)
        {
            return _steps.Length == 1 ? ConditionValue.Struct : Missing;
        }

        var value = ConditionValue.OfJson(_tools.Blocks.Find(_place, change));
        return value.Kind == ConditionKind.Null && _steps[1].Name == "snapshot" ? ConditionValue.Text("\"false\""u8) : value;
    }

    private static bool IsBlock(string name) => name is "source" or "transaction";

    private static int Place(string block, string field) =>
        Array.FindIndex(EventSchemas.FieldsOf(block), f => f.Field == field) is >= 0 and var index ? EventBlocks.PlaceOf(block, index) : -1;

    private ConditionValue Row(Tuple? row, Tuple? toasted, scoped in RowChange change) =>
        row is null ? (_steps.Length == 1 ? ConditionValue.Null : AfterNull(1))
        : _steps.Length == 1 ? ConditionValue.Struct
        : _steps.Length > 2 ? Missing
        : OfColumn(change.Plan.Row, _steps[1].Name, row, toasted, change);

    private ConditionValue DecodedField(DecodedRow row) =>
        _steps.Length == 1 ? ConditionValue.Struct
        : _steps.Length == 2 && row.Columns.TryGetValue(_steps[1].Name, out var column) ? ConditionValue.OfJson(column.Json)
        : Missing;

    private ConditionValue FlatField(RecordDraft draft, scoped in RowChange change)
    {
        var flat = draft.Flat!;
        if (_steps.Length > 1)
        {
            return Missing;
        }

        string name = _steps[0].Name;
        if (flat.Rewrites && name == "__deleted")
        {
            return ConditionValue.Text(draft.Operation == (byte)'d' ? "\"true\""u8 : "\"false\""u8);
        }

        foreach (var added in flat.Added)
        {
            if (added.Name == name)
            {
                return ConditionValue.OfJson(draft.FlatWriter!.Find(added, change));
            }
        }

        return draft.Decoded is not { } decoded ? OfColumn(flat.Slots, name, change.Row!, change.RowToasted, change)
            : decoded.Columns.TryGetValue(name, out var column) ? ConditionValue.OfJson(column.Json)
            : Missing;
    }

    private ConditionValue Message(scoped in RowChange change) => (_steps[0].Name, _steps.Length) switch
    {
        ("op", 1) => ConditionValue.Text("\"m\""u8),
        ("message", 1) => ConditionValue.Struct,
        ("message", 2) when _steps[1].Name == "prefix" => Prefix(change),
        _ => Block(hasTimes: false, change),
    };

    private ConditionValue Prefix(scoped in RowChange change)
    {
        JsonText.WriteString(change.Prefix, _json.Begin());
        return ConditionValue.Text(_json.Span);
    }

    private ConditionValue Key(RecordDraft draft, scoped in RowChange change)
    {
        if (draft.Outbox is { } outbox)
        {
            return _steps.Length == 0 ? ConditionValue.OfJson(outbox.KeyJson) : Missing;
        }

        if (draft.Key is not { } key)
        {
            return _steps.Length == 0 ? ConditionValue.Null : AfterNull(0);
        }

        return _steps.Length == 0 ? ConditionValue.Struct
            : _steps.Length > 1 ? Missing
            : draft.OfRow ? OfColumn(key.Slots, _steps[0].Name, change.Row!, change.RowToasted, change)
            : draft.Operation == (byte)'m' && _steps[0].Name == "prefix" ? Prefix(change)
            : Missing;
    }

    private ConditionValue OfColumn(ColumnSlot[] slots, string name, Tuple row, Tuple? toasted, scoped in RowChange change)
    {
        if (!ReferenceEquals(slots, _slots))
        {
            _slots = slots;
            _slot = Find(slots, name);
        }

        if (_slot is not { } slot)
        {
            return Missing;
        }

        _tools.Rows.WriteColumn(slot, change.Message, row, toasted, _json.Begin());
        var value = ConditionValue.OfJson(_json.Span);
        return value.Kind == ConditionKind.Null ? value : slot.Encoder.Schema switch
        {
            { Name: "org.apache.kafka.connect.data.Decimal" or "io.debezium.data.VariableScaleDecimal" } => Decimal(slot, row, toasted, change),
            { Type: "bytes" } => ConditionValue.Whole(_json.Span),
            { Type: "float" or "double" } => ConditionValue.Number(_json.Span),
            _ => value,
        };
    }

    private static ColumnSlot? Find(ColumnSlot[] slots, string name) => Array.Find(slots, s => s.Field == name);

    // The event has its bytes; the tuple has its digits. Money has a currency sign: that is no number to compare.
    private ConditionValue Decimal(ColumnSlot slot, Tuple row, Tuple? toasted, scoped in RowChange change)
    {
        var from = row.Length(slot.Index) >= 0 ? row : toasted;
        if (from is null || from.Length(slot.Index) < 0)
        {
            return ConditionValue.Whole(_json.Span);
        }

        var text = from.Value(change.Message, slot.Index);
        if (text.ContainsAnyExcept(ConditionOrder.PlainDigits))
        {
            return ConditionValue.Whole(_json.Span);
        }

        _json.Begin().Write(text);
        return ConditionValue.Number(_json.Span);
    }

    private ConditionValue Header(RecordDraft draft, scoped in RowChange change)
    {
        if (_steps.Length == 0)
        {
            return ConditionValue.Struct;
        }

        var value = FindHeader(draft, change);
        if (value.Kind == ConditionKind.Missing)
        {
            return _steps.Length == 1 ? ConditionValue.Null : AfterNull(1);
        }

        return _steps.Length == 1 ? ConditionValue.Struct : _steps.Length == 2 && _steps[1].Name == "value" ? value : Missing;
    }

    // The last of several with one name, as in a map that is filled in their order.
    private ConditionValue FindHeader(RecordDraft draft, scoped in RowChange change)
    {
        for (int i = draft.HeaderCount - 1; i >= 0; i--)
        {
            var (stage, index) = draft.Headers[i];
            if (stage.HeaderName(index).SequenceEqual(_headerName))
            {
                _json.Begin().Write(stage.HeaderJson(index, change));
                return ConditionValue.OfJson(_json.Span);
            }
        }

        bool isOther = (draft.Other == OtherKey.New && _steps[0].Name == EventHeaders.NewKey) || (draft.Other == OtherKey.Old && _steps[0].Name == EventHeaders.OldKey);
        return isOther ? ConditionValue.Struct : draft.OfRow && _context is { } context ? ConditionValue.Text(context) : Missing;
    }

    private static ReadOnlySpan<byte> Quoted(byte operation) => operation switch
    {
        (byte)'c' => "\"c\""u8,
        (byte)'u' => "\"u\""u8,
        (byte)'d' => "\"d\""u8,
        (byte)'r' => "\"r\""u8,
        _ => "\"t\""u8,
    };
}
