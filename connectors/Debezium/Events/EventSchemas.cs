using Penstock.Debezium.Schemas;

namespace Penstock.Debezium.Events;

/// <summary>The Connect schemas of everything that is no column: envelope, source, transaction, heartbeat and message records (sections 2.2, 2.3, 2.5, 2.6).</summary>
internal static class EventSchemas
{
    private static readonly SchemaNode Source = Struct("io.debezium.connector.postgresql.Source", 1, "source", optional: false,
        Text("version"),
        Text("connector"),
        Text("name"),
        Int64("ts_ms", optional: false),
        new SchemaNode
        {
            Type = "string",
            Optional = true,
            Name = "io.debezium.data.Enum",
            Version = 1,
            Parameters = [new("allowed", "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental")],
            DefaultJson = "\"false\"",
            Field = "snapshot",
        },
        Text("db"),
        Text("sequence", optional: true),
        Int64("ts_us"),
        Int64("ts_ns"),
        Text("schema"),
        Text("table"),
        Int64("txId"),
        Int64("lsn"),
        Int64("xmin"),
        Text("origin", optional: true),
        Int64("origin_lsn"));

    private static readonly SchemaNode TransactionBlock = Struct("event.block", 1, "transaction", optional: true,
        Text("id"), Int64("total_order", optional: false), Int64("data_collection_order", optional: false));

    /// <summary>Schema of a transaction record's key.</summary>
    public static SchemaNode TransactionKey { get; } = Struct("io.debezium.connector.common.TransactionMetadataKey", 1, null, optional: false, Text("id"));

    /// <summary>Schema of a transaction record's value.</summary>
    public static SchemaNode TransactionValue { get; } = Struct("io.debezium.connector.common.TransactionMetadataValue", 1, null, optional: false,
        Text("status"),
        Text("id"),
        Int64("event_count"),
        new SchemaNode
        {
            Type = "array",
            Optional = true,
            Field = "data_collections",
            Items = Struct("event.collection", 1, null, optional: true, Text("data_collection"), Int64("event_count", optional: false)),
        },
        Int64("ts_ms", optional: false));

    public static SchemaNode HeartbeatKey { get; } = Struct("io.debezium.connector.common.ServerNameKey", 1, null, optional: false, Text("serverName"));

    public static SchemaNode HeartbeatValue { get; } = Struct("io.debezium.connector.common.Heartbeat", 1, null, optional: false, Int64("ts_ms", optional: false));

    /// <summary>Schema of a gap record's value (<see cref="GapRecords"/>).</summary>
    public static SchemaNode GapValue { get; } = Struct("penstock.Gap", 1, null, optional: false,
        Int64("ts_ms", optional: false),
        Struct("penstock.Gap.Range", 1, "gap", optional: false, Text("kind"), Text("slot"), Int64("from_lsn", optional: false), Int64("to_lsn", optional: false), Text("description")));

    public static SchemaNode MessageKey { get; } = Struct("io.debezium.connector.postgresql.MessageKey", 1, null, optional: false, Text("prefix", optional: true));

    /// <summary>Schema of a row event's value around the schema of the row.</summary>
    public static SchemaNode Envelope(string name, SchemaNode row) => Struct(name, 2, null, optional: false,
        row with { Field = "before", Optional = true },
        row with { Field = "after", Optional = true },
        Source,
        TransactionBlock,
        Text("op"),
        Int64("ts_ms"),
        Int64("ts_us"),
        Int64("ts_ns"));

    /// <summary>The fields of <c>source</c>, of <c>transaction</c>, or with an empty name those of the envelope that are no structs; in the order in which they are written.</summary>
    public static SchemaNode[] FieldsOf(string block) => block switch
    {
        "source" => Source.Fields,
        "transaction" => TransactionBlock.Fields,
        "" => [Text("op"), Int64("ts_ms"), Int64("ts_us"), Int64("ts_ns")],
        _ => [],
    };

    /// <param name="contentAsText">Content as base64 or hexadecimal text instead of bytes.</param>
    public static SchemaNode MessageValue(bool contentAsText) => Struct("io.debezium.connector.postgresql.MessageValue", 1, null, optional: false,
        Text("op"),
        Int64("ts_ms"),
        Source,
        TransactionBlock,
        Struct("io.debezium.connector.postgresql.Message", 1, "message", optional: false,
            Text("prefix", optional: true),
            new SchemaNode { Type = contentAsText ? "string" : "bytes", Optional = true, Field = "content" }));

    /// <summary>A struct without version: rows and keys of tables.</summary>
    public static SchemaNode Table(string name, SchemaNode[] fields) => new() { Type = "struct", Fields = fields, Name = name };

    private static SchemaNode Struct(string name, int version, string? field, bool optional, params SchemaNode[] fields) =>
        new() { Type = "struct", Fields = fields, Name = name, Version = version, Field = field, Optional = optional };

    private static SchemaNode Text(string field, bool optional = false) => new() { Type = "string", Optional = optional, Field = field };

    private static SchemaNode Int64(string field, bool optional = true) => new() { Type = "int64", Optional = optional, Field = field };
}
