using System.Buffers.Text;
using System.Text;
using Penstock.Debezium.Reading.Fields;

namespace Penstock.Debezium.Reading;

/// <summary>The fields of a row as the schema in an event describes them.</summary>
internal static class EventSchema
{
    /// <summary>Reads the schema of an envelope (of its after, or before) or of a flat row.</summary>
    /// <param name="json">The event's bytes.</param>
    /// <param name="schema">The schema in them.</param>
    public static Dictionary<string, FieldSchema> Fields(ReadOnlySpan<byte> json, in JsonValue schema)
    {
        var flat = new Dictionary<string, FieldSchema>();
        if (!schema.TryMember(json, "fields"u8, out var fields) || fields.Kind != JsonKind.Array)
        {
            return flat;
        }

        var elements = new JsonScanner(json, fields);
        while (elements.TryNext(out var element))
        {
            string name = Text(json, element, "field"u8);
            bool isStruct = Text(json, element, "type"u8) == "struct";
            if (isStruct && name is "after" or "before")
            {
                return Fields(json, element);
            }

            int scale = 0;
            if (element.TryMember(json, "parameters"u8, out var parameters) && parameters.Kind == JsonKind.Object
                && parameters.TryMember(json, "scale"u8, out var given) && Utf8Parser.TryParse(given.In(json), out int parsed, out _))
            {
                scale = parsed;
            }

            flat[name] = new FieldSchema(Text(json, element, "name"u8), Text(json, element, "type"u8), scale);
        }

        return flat;
    }

    private static string Text(ReadOnlySpan<byte> json, in JsonValue container, ReadOnlySpan<byte> name) =>
        container.TryMember(json, name, out var value) && value.Kind == JsonKind.Text ? Encoding.UTF8.GetString(value.In(json)) : "";
}
