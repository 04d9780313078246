using Penstock.Debezium.Events;
using Penstock.Debezium.Schemas;

namespace Penstock.Debezium.Transforms;

/// <summary>A field of the envelope that is copied into a flat row or a header: <c>op</c>, <c>source.lsn</c>, <c>transaction.id:tx</c>.</summary>
internal sealed record AddedField
{
    private static readonly string[] OfEnvelope = ["op", "ts_ms", "ts_us", "ts_ns"];
    private static readonly string[] OfTransaction = ["id", "total_order", "data_collection_order"];

    /// <summary><c>source</c>, <c>transaction</c> or empty.</summary>
    public required string Block { get; init; }

    /// <summary>Name in the envelope.</summary>
    public required string Field { get; init; }

    /// <summary>Where <see cref="EventBlocks"/> keeps it.</summary>
    public required int Place { get; init; }

    /// <summary>Name in the row or of the header.</summary>
    public required string Name { get; init; }

    /// <summary>Schema in the row: the envelope's, optional and without default.</summary>
    public required SchemaNode Schema { get; init; }

    /// <summary>A streamed event has no snapshot marker; only the envelope's schema has the default that is written for it.</summary>
    public bool IsSnapshotMarker => this is { Block: "source", Field: "snapshot" };

    /// <summary>Reads <c>block.field:name</c>, each part but the field left out at will; null if there is no such field.</summary>
    public static AddedField? Parse(string text, string prefix)
    {
        string[] parts = text.Split(':');
        string[] path = parts[0].Split('.');
        if (parts.Length > 2 || path.Length > 2)
        {
            return null;
        }

        string field = path[^1];
        string block = path.Length == 2 ? path[0]
            : Array.IndexOf(OfTransaction, field) >= 0 ? "transaction"
            : Array.IndexOf(OfEnvelope, field) >= 0 ? "" : "source";
        string name = prefix + (parts.Length == 2 ? parts[1] : path.Length == 2 ? $"{block}_{field}" : field);
        return Of(block, field, name) ?? (block == "source" ? Of("", field, name) : null);
    }

    // What is not in source is looked for in the envelope itself.
    private static AddedField? Of(string block, string field, string name)
    {
        var fields = EventSchemas.FieldsOf(block);
        int index = Array.FindIndex(fields, f => f.Field == field);
        return index < 0 ? null : new AddedField
        {
            Block = block,
            Field = field,
            Place = EventBlocks.PlaceOf(block, index),
            Name = name,
            Schema = fields[index] with { Optional = true, DefaultJson = null, Field = name },
        };
    }
}
