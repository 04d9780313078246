namespace Penstock.Debezium.Schemas;

/// <summary>
/// A Kafka Connect schema as JsonConverter writes it: <c>type</c>, then <c>fields</c> | <c>items</c> | <c>keys</c> and <c>values</c>, then <c>optional</c>,
/// <c>name</c>, <c>version</c>, <c>doc</c>, <c>parameters</c>, <c>default</c>, and inside a struct <c>field</c> (2.2).
/// </summary>
public sealed record SchemaNode
{
    /// <summary>int8, int16, int32, int64, float, double, boolean, string, bytes, array, map, struct.</summary>
    public required string Type { get; init; }

    public bool Optional { get; init; }
    public string? Name { get; init; }
    public int? Version { get; init; }
    public string? Doc { get; init; }

    /// <summary>In the order in which they are written.</summary>
    public KeyValuePair<string, string>[] Parameters { get; init; } = [];

    /// <summary>The default as JSON text, null for none.</summary>
    public string? DefaultJson { get; init; }

    /// <summary>Name inside a struct.</summary>
    public string? Field { get; init; }

    public SchemaNode[] Fields { get; init; } = [];
    public SchemaNode? Items { get; init; }
    public SchemaNode? Keys { get; init; }
    public SchemaNode? Values { get; init; }
}
