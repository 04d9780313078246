using Penstock.Debezium.Events;
using Penstock.Debezium.Schemas;

namespace Penstock.Debezium.Transforms;

/// <summary>How the rows of one relation are written flat; made with the relation's plan.</summary>
internal sealed class FlatShape
{
    private static readonly SchemaNode Deleted = new() { Type = "string", Optional = true, Field = "__deleted" };

    /// <summary>Everything up to the row: empty, or <c>{"schema":...,"payload":</c>.</summary>
    public required byte[] Open { get; init; }

    /// <summary>The whole value of a delete that has a schema and no row.</summary>
    public required byte[] Null { get; init; }

    /// <summary>What stands before each added field, <c>,"__op":</c>.</summary>
    public required byte[][] Prefixes { get; init; }

    /// <summary>The column that names the topic, or null.</summary>
    public required ColumnSlot? Route { get; init; }

    /// <exception cref="TransformException">The table has no such column as <c>route.by.field</c> names, or it is no text.</exception>
    public static FlatShape Build(FlatRows options, SchemaNode row, ColumnSlot[] slots, bool schemas)
    {
        var added = options.Fields;
        var whole = row with { Fields = [.. row.Fields, .. options.Rewrites ? new[] { Deleted } : [], .. added.Select(f => f.Schema)] };
        var route = options.RouteByField is null ? null : Array.Find(slots, s => s.Name == options.RouteByField);
        return options.RouteByField is not null && route?.Encoder.Schema.Type != "string"
            ? throw new TransformException($"route.by.field names the column {options.RouteByField}, which is not in the table or is no text")
            : new FlatShape
            {
                Open = RelationPlanner.PayloadOpen(schemas, whole, ""),
                Null = schemas ? RelationPlanner.PayloadOpen(true, row with { Optional = true }, "null}") : [.. "null"u8],
                Prefixes = [.. added.Select(f => JsonLiteral.Bytes($",{JsonLiteral.Quote(f.Name)}:"))],
                Route = route,
            };
    }
}
