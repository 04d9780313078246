using System.Text;
using System.Text.Json;
using Penstock.Debezium.Schemas;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Transforms;

/// <summary>
/// Makes a Connect struct of JSON text, as Debezium guesses it: types from the values, nulls and empty arrays left out (or kept with a guessed type), arrays of objects with the fields of all of them.
/// Allocates for each text.
/// </summary>
/// <param name="keepNulls"><c>optional_bytes</c>: a null is a field of optional bytes.</param>
/// <param name="keepEmptyArrays"><c>optional_string</c>: an empty array is one of optional strings.</param>
internal sealed class JsonExpansion(bool keepNulls, bool keepEmptyArrays)
{
    /// <summary>The struct's schema and JSON; null where the text is no JSON object, or one that has no schema (an array of several types, a number beyond 64 bits).</summary>
    /// <param name="name">Name of the struct, null for none.</param>
    /// <param name="text">UTF-8.</param>
    public (SchemaNode Schema, byte[] Json, JsonElement Object)? Expand(string? name, ReadOnlyMemory<byte> text)
    {
        try
        {
            // Debezium looks at the first character and then reads one value, whatever comes behind it.
            var reader = new Utf8JsonReader(text.Span.StartsWith("{"u8) ? text.Span : default);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object || SchemaOf(name, document.RootElement) is not { } schema)
            {
                return null;
            }

            return (schema, Written(document.RootElement, schema), document.RootElement.Clone());
        }
        catch (Exception error) when (error is JsonException or NotSupportedException or InvalidOperationException)
        {
            // Debezium keeps the text as it is. The last one is System.Text.Json's for half a surrogate pair (which Postgres' json, unlike jsonb, takes) and for bytes that are not UTF-8.
            return null;
        }
    }

    /// <summary>The JSON of a value under its schema.</summary>
    public static byte[] Written(JsonElement value, SchemaNode schema) => JsonFragment.From(output => Write(value, schema, output));

    private SchemaNode? SchemaOf(string? name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Plain("string"),
        JsonValueKind.True or JsonValueKind.False => Plain("boolean"),
        JsonValueKind.Number => Plain(NumberType(value)),
        JsonValueKind.Array when value.GetArrayLength() == 0 => keepEmptyArrays ? new SchemaNode { Type = "array", Items = Plain("string"), Optional = true } : null,
        JsonValueKind.Array => new SchemaNode { Type = "array", Items = ItemsOf(name, value), Optional = true },
        JsonValueKind.Object => StructOf(name, value),
        _ => keepNulls ? Plain("bytes") : null,
    };

    private SchemaNode StructOf(string? name, JsonElement value)
    {
        var fields = new List<SchemaNode>();
        foreach (var (field, member) in Members(value))
        {
            if (field.Length == 0)
            {
                throw new NotSupportedException("a field without a name");
            }

            if (SchemaOf(string.IsNullOrWhiteSpace(name) ? field : $"{name}.{field}", member) is { } schema)
            {
                fields.Add(schema with { Field = field });
            }
        }

        return new SchemaNode { Type = "struct", Fields = [.. fields], Optional = true, Name = name };
    }

    // A name that comes twice has the place of the first and the value of the last.
    private static OrderedDictionary<string, JsonElement> Members(JsonElement value)
    {
        var members = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            members[property.Name] = property.Value;
        }

        return members;
    }

    private SchemaNode ItemsOf(string? name, JsonElement array)
    {
        var values = array.EnumerateArray().Where(v => v.ValueKind != JsonValueKind.Null).ToList();
        if (values.Count == 0)
        {
            return keepNulls ? Plain("bytes") : throw new NotSupportedException("an array of nulls");
        }

        var kinds = values.Select(v => v.ValueKind == JsonValueKind.Number ? NumberType(v) : v.ValueKind is JsonValueKind.False ? "True" : $"{v.ValueKind}").Distinct();
        if (kinds.Count() > 1)
        {
            throw new NotSupportedException("an array of several types");
        }

        if (values[0].ValueKind != JsonValueKind.Object)
        {
            return SchemaOf(null, values[0]) ?? throw new NotSupportedException("an array of unknown type");
        }

        return values.Select(v => StructOf(name, v)).Aggregate(static (left, right) => Same(left, right) ? left : Merged(left, right));
    }

    // The struct that is made of two is required. In Debezium its fields have an order of Java's hash codes, which differs from start to start.
    private static SchemaNode Merged(SchemaNode left, SchemaNode right) => left with
    {
        Fields = [.. left.Fields.Select(f => Better(f, right)), .. right.Fields.Where(f => Field(left, f.Field) is null)],
        Optional = false,
    };

    private static SchemaNode? Field(SchemaNode schema, string? name) => Array.Find(schema.Fields, f => f.Field == name);

    private static bool Same(SchemaNode left, SchemaNode right) => (left.Type, left.Field, left.Name, left.Optional) == (right.Type, right.Field, right.Name, right.Optional)
        && left.Fields.Length == right.Fields.Length && left.Fields.Zip(right.Fields, Same).All(static same => same)
        && (left.Items is null) == (right.Items is null) && (left.Items is null || Same(left.Items, right.Items!));

    // A null's bytes give way to a real type.
    private static SchemaNode Better(SchemaNode field, SchemaNode right) =>
        field.Type == "bytes" && Field(right, field.Field) is { } other ? other : field;

    private static SchemaNode Plain(string type) => new() { Type = type, Optional = true };

    // Jackson: a number without point and exponent is an integer of the least sufficient size.
    private static string NumberType(JsonElement value) => value.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') >= 0 ? "double"
        : value.TryGetInt32(out _) ? "int32"
        : value.TryGetInt64(out _) ? "int64"
        : throw new NotSupportedException("a number beyond 64 bits");

    private static void Write(JsonElement value, SchemaNode schema, SlabWriter output)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                output.Write("null"u8);
                break;
            case JsonValueKind.String when schema.Type == "string":
                JsonText.WriteString(Encoding.UTF8.GetBytes(value.GetString()!), output);
                break;
            case JsonValueKind.True or JsonValueKind.False when schema.Type == "boolean":
                output.Write(value.GetBoolean() ? "true"u8 : "false"u8);
                break;
            case JsonValueKind.Number when schema.Type == NumberType(value):
                WriteNumber(value, schema, output);
                break;
            case JsonValueKind.Array when schema.Type == "array":
                WriteItems(value, schema.Items!, output);
                break;
            case JsonValueKind.Object when schema.Type == "struct":
                WriteStruct(value, schema, output);
                break;
            default:
                throw new NotSupportedException("objects of an array that differ in the type of a field");
        }
    }

    private static void WriteNumber(JsonElement value, SchemaNode schema, SlabWriter output)
    {
        if (schema.Type == "double")
        {
            JavaFloatText.WriteDouble(Encoding.UTF8.GetBytes(value.GetRawText()), output);
        }
        else
        {
            JsonNumber.Write(value.GetInt64(), output);
        }
    }

    private static void WriteItems(JsonElement array, SchemaNode items, SlabWriter output)
    {
        bool first = true;
        output.Write("["u8);
        foreach (var item in array.EnumerateArray())
        {
            output.Write(first ? default : ","u8);
            Write(item, items, output);
            first = false;
        }

        output.Write("]"u8);
    }

    private static void WriteStruct(JsonElement value, SchemaNode schema, SlabWriter output)
    {
        var members = Members(value);
        output.Write("{"u8);
        for (int i = 0; i < schema.Fields.Length; i++)
        {
            var field = schema.Fields[i];
            output.Write(i == 0 ? default : ","u8);
            JsonText.WriteString(Encoding.UTF8.GetBytes(field.Field!), output);
            output.Write(":"u8);
            if (members.TryGetValue(field.Field!, out var member))
            {
                Write(member, field, output);
            }
            else
            {
                output.Write("null"u8);
            }
        }

        output.Write("}"u8);
    }
}
