using Penstock.Debezium.Events;
using Penstock.Debezium.Schemas;
using Penstock.Debezium.Values;

namespace Penstock.Debezium.Transforms;

/// <summary>A row that came as the content of a logical message.</summary>
/// <param name="Schema">Its guessed schema, without name.</param>
/// <param name="Json">The whole row.</param>
/// <param name="Columns">Its fields.</param>
internal sealed record DecodedRow(SchemaNode Schema, byte[] Json, Dictionary<string, OutboxColumn> Columns);

/// <summary>Options of DecodeLogicalDecodingMessageContent: a logical decoding message that holds a JSON object becomes the event of an inserted row, which the EventRouter then takes for an outbox row.</summary>
internal sealed class DecodedMessages : Transform
{
    private DecodedMessages(TransformOptions options) => Expansion = new JsonExpansion(options.Flag("fields.null.include", false), keepEmptyArrays: false);

    public JsonExpansion Expansion { get; }

    public static DecodedMessages Read(TransformOptions options) => new(options);

    public override TransformStage Open(StageTools tools) => new DecodedMessageStage(this, tools);

    /// <summary>The schema of the event: that of a message, without version, the row in place of the message.</summary>
    public static SchemaNode Schema(SchemaNode message, SchemaNode row) => message with
    {
        Name = $"{message.Name}.Envelope",
        Version = null,
        Fields = [.. message.Fields.Where(f => f.Field != "message"), row with { Field = "after" }],
    };
}

/// <summary>DecodeLogicalDecodingMessageContent at work. The row is read for each message: messages are few, and Debezium guesses their schema from each of them too.</summary>
internal sealed class DecodedMessageStage(DecodedMessages options, StageTools tools) : TransformStage
{
    public override bool Apply(RecordDraft draft, scoped in RowChange change)
    {
        if (draft.Operation != (byte)'m' || draft.Form != ValueForm.Other)
        {
            return true;
        }

        if (tools.Format.Values.Binary != BinaryMode.Bytes)
        {
            throw new TransformException("DecodeLogicalDecodingMessageContent needs binary.handling.mode=bytes");
        }

        var (schema, json, row) = options.Expansion.Expand(null, change.Message.ToArray())
            ?? throw new TransformException("a logical message whose content is no JSON object with values of one type for each field, which DecodeLogicalDecodingMessageContent needs");
        var columns = schema.Fields.ToDictionary(f => f.Field!, f => new OutboxColumn(f, JsonExpansion.Written(row.GetProperty(f.Field!), f)), StringComparer.Ordinal);
        draft.Decoded = new DecodedRow(schema, json, columns);
        draft.Form = ValueForm.Decoded;
        draft.Key = null;
        tools.Blocks.Begin((byte)'c');
        return true;
    }
}
