using Penstock.Debezium.Events;
using Penstock.Debezium.Schemas;

namespace Penstock.Debezium.Transforms;

/// <summary>How the rows of one relation are written flat. Never changes.</summary>
internal sealed class FlatShape
{
    private static readonly SchemaNode Deleted = new() { Type = "string", Optional = true, Field = "__deleted" };

    private readonly SchemaNode _row;
    private readonly bool _withSchema;

    private FlatShape(SchemaNode row, ColumnSlot[] slots, AddedField[] added, bool rewrites, bool withSchema)
    {
        (_row, Slots, Added, Rewrites, _withSchema) = (row, slots, added, rewrites, withSchema);
        var whole = row with { Fields = [.. row.Fields, .. rewrites ? new[] { Deleted } : [], .. added.Select(f => f.Schema)] };
        Open = RelationPlanner.PayloadOpen(withSchema, whole, "");
        Null = withSchema ? RelationPlanner.PayloadOpen(true, row with { Optional = true }, "null}") : [.. "null"u8];
        Prefixes = [.. added.Select(f => JsonLiteral.Bytes($",{JsonLiteral.Quote(f.Name)}:"))];
    }

    /// <summary>The row's columns; empty for a row that came as a message.</summary>
    public ColumnSlot[] Slots { get; }

    /// <summary>Fields of the envelope behind the columns.</summary>
    public AddedField[] Added { get; }

    /// <summary>Whether <c>__deleted</c> stands between the two.</summary>
    public bool Rewrites { get; }

    /// <summary>Everything up to the row: empty, or <c>{"schema":...,"payload":</c>.</summary>
    public byte[] Open { get; }

    /// <summary>The whole value of a delete that has a schema and no row.</summary>
    public byte[] Null { get; }

    /// <summary>What stands before each added field, <c>,"__op":</c>.</summary>
    public byte[][] Prefixes { get; }

    /// <summary>The column that names the topic, or null.</summary>
    public ColumnSlot? Route { get; private init; }

    /// <param name="options">Of the transform.</param>
    /// <param name="row">The row's schema.</param>
    /// <param name="slots">Its columns, in the schema's order.</param>
    /// <param name="withSchema">Whether the schema is written.</param>
    /// <param name="replacesNull">Whether the converter already writes defaults for nulls.</param>
    /// <exception cref="TransformException">The table has no such column as <c>route.by.field</c> names, or it is no text.</exception>
    public static FlatShape Build(FlatRows options, SchemaNode row, ColumnSlot[] slots, bool withSchema, bool replacesNull)
    {
        var route = options.RouteByField is null ? null : Array.Find(slots, s => s.Name == options.RouteByField);
        if (options.RouteByField is not null && route?.Encoder.Schema.Type != "string")
        {
            throw new TransformException($"route.by.field names the column {options.RouteByField}, which is not in the table or is no text");
        }

        // The transform that adds a field to a row copies the row, and takes defaults for nulls on the way.
        bool replaces = !replacesNull && options is { Rewrites: true, ReplaceNullWithDefault: true };
        return new FlatShape(row, replaces ? WithDefaults(row, slots) : slots, options.Fields, options.Rewrites, withSchema) { Route = route };
    }

    /// <summary>The shape of a row that came as a message: it has no times but milliseconds.</summary>
    public static FlatShape OfMessage(FlatRows options, SchemaNode row, bool withSchema) =>
        new(row with { Field = null, Optional = false }, [], [.. options.Fields.Where(IsInMessages)], options.Rewrites, withSchema);

    /// <summary>Whether the envelope of a decoded message has a field.</summary>
    public static bool IsInMessages(AddedField field) => field is not { Block: "", Field: "ts_us" or "ts_ns" };

    /// <summary>The same without some of its columns.</summary>
    /// <param name="dropped">One for each column, not 0 where it goes.</param>
    /// <param name="replaceNull">Whether the copy takes defaults for nulls.</param>
    public FlatShape Without(ReadOnlySpan<byte> dropped, bool replaceNull)
    {
        var slots = new List<ColumnSlot>();
        var fields = new List<SchemaNode>();
        for (int i = 0; i < Slots.Length; i++)
        {
            if (dropped[i] == 0)
            {
                slots.Add(Slots[i]);
                fields.Add(_row.Fields[i]);
            }
        }

        var row = _row with { Fields = [.. fields] };
        return new FlatShape(row, replaceNull ? WithDefaults(row, [.. slots]) : [.. slots], Added, Rewrites, _withSchema);
    }

    /// <summary>Whether a column may be left out and the schema stay compatible.</summary>
    public bool IsOptional(int column) => _row.Fields[column].Optional;

    private static ColumnSlot[] WithDefaults(SchemaNode row, ColumnSlot[] slots) =>
        [.. slots.Select((slot, i) => row.Fields[i] is { Optional: true, DefaultJson: { } json } ? slot with { NullJson = JsonLiteral.Bytes(json) } : slot)];
}
