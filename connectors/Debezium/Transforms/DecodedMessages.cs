using Penstock.Debezium.Schemas;

namespace Penstock.Debezium.Transforms;

/// <summary>DecodeLogicalDecodingMessageContent: a logical decoding message that holds a JSON object becomes the event of an inserted row, which the EventRouter then takes for an outbox row.</summary>
internal sealed class DecodedMessages
{
    private DecodedMessages(TransformOptions options) => Expansion = new JsonExpansion(options.Flag("fields.null.include", false), keepEmptyArrays: false);

    public JsonExpansion Expansion { get; }

    public static DecodedMessages Read(TransformOptions options) => new(options);

    /// <summary>The schema of the event: that of a message, without version, the row in place of the message.</summary>
    public static SchemaNode Schema(SchemaNode message, SchemaNode row) => message with
    {
        Name = $"{message.Name}.Envelope",
        Version = null,
        Fields = [.. message.Fields.Where(f => f.Field != "message"), row with { Field = "after" }],
    };
}
