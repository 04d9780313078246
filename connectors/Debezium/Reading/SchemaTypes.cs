using System.Globalization;
using System.Text.Json;
using Penstock.Debezium.Reading.Fields;
using Penstock.Postgres.Apply;
using Penstock.Postgres.Connection;

namespace Penstock.Debezium.Reading;

/// <summary>
/// The Postgres type for a field of an event's schema: by its semantic name, else by its plain type. A type of the source that the schema carries (<c>column.propagate.source.type</c>) comes first
/// where the plain one would lose it. The table is in docs/sink.md.
/// </summary>
internal static class SchemaTypes
{
    /// <summary>Types of the source that are taken as they are.</summary>
    private static readonly HashSet<string> OfSource = new(StringComparer.OrdinalIgnoreCase)
    {
        "inet", "cidr", "macaddr", "macaddr8", "oid", "money", "name", "json", "jsonb", "bytea", "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange", "interval", "box", "lseg", "path",
        "polygon", "circle", "line", "pg_lsn", "tsquery",
    };

    /// <summary>The column for a field.</summary>
    /// <param name="field">Its schema.</param>
    /// <exception cref="UnfitValueException">No type is known for it.</exception>
    public static WantedColumn Column(JsonElement field)
    {
        string name = Text(field, "field");
        var (type, other) = TypeOf(name, field);
        return new WantedColumn(name, type, other, DefaultOf(field, type));
    }

    private static (string Type, string Other) TypeOf(string name, JsonElement field)
    {
        string semantic = Text(field, "name");
        string propagated = Parameter(field, "__debezium.source.column.type");
        int length = Number(Parameter(field, "__debezium.source.column.length"));
        if (OfSource.Contains(propagated))
        {
            return (propagated.ToLowerInvariant(), "");
        }

        switch (propagated.ToUpperInvariant())
        {
            case "VARCHAR" when length is > 0 and <= 10_485_760:
                return (string.Create(CultureInfo.InvariantCulture, $"varchar({length})"), "");
            case "BPCHAR" when length is > 0 and <= 10_485_760:
                return (string.Create(CultureInfo.InvariantCulture, $"char({length})"), "");
            case "BIT" when semantic.Length == 0:
                return ("bit(1)", "");
            case "VARBIT" when semantic.Length > 0:
                return ("bit varying", "");
            case "CITEXT":
                return ("citext", "text");
            case "HSTORE":
                return ("hstore", "jsonb");
        }

        return Semantic(field, semantic) ?? Plain(name, field);
    }

    private static (string Type, string Other)? Semantic(JsonElement field, string semantic) => semantic switch
    {
        "org.apache.kafka.connect.data.Decimal" => (Decimal(field), ""),
        "io.debezium.data.VariableScaleDecimal" => ("numeric", ""),
        "io.debezium.time.Date" or "org.apache.kafka.connect.data.Date" or "io.debezium.time.IsoDate" => ("date", ""),
        "io.debezium.time.Time" or "org.apache.kafka.connect.data.Time" => ("time(3)", ""),
        "io.debezium.time.MicroTime" or "io.debezium.time.NanoTime" or "io.debezium.time.IsoTime" => ("time", ""),
        "io.debezium.time.Timestamp" or "org.apache.kafka.connect.data.Timestamp" => ("timestamp(3)", ""),
        "io.debezium.time.MicroTimestamp" or "io.debezium.time.NanoTimestamp" or "io.debezium.time.IsoTimestamp" => ("timestamp", ""),
        "io.debezium.time.ZonedTimestamp" => ("timestamptz", ""),
        "io.debezium.time.ZonedTime" => ("timetz", ""),
        "io.debezium.time.MicroDuration" or "io.debezium.time.Interval" => ("interval", ""),
        "io.debezium.data.Uuid" => ("uuid", ""),
        // The text as it came; jsonb would sort it.
        "io.debezium.data.Json" => ("json", ""),
        "io.debezium.data.Xml" => ("xml", ""),
        "io.debezium.data.Tsvector" => ("tsvector", ""),
        "io.debezium.data.Ltree" => ("ltree", "text"),
        "io.debezium.data.Bits" => (Bits(Number(Parameter(field, "length"))), ""),
        "io.debezium.data.geometry.Point" => ("point", ""),
        "io.debezium.data.geometry.Geometry" => ("geometry", ""),
        "io.debezium.data.geometry.Geography" => ("geography", ""),
        "io.debezium.data.DoubleVector" => ("vector", ""),
        "io.debezium.data.FloatVector" => ("halfvec", ""),
        "io.debezium.data.SparseDoubleVector" => ("sparsevec", ""),
        _ => null,
    };

    private static (string Type, string Other) Plain(string name, JsonElement field)
    {
        switch (Text(field, "type"))
        {
            case "boolean":
                return ("boolean", "");
            case "int8" or "int16":
                return ("smallint", "");
            case "int32":
                return ("integer", "");
            case "int64":
                return ("bigint", "");
            case "float" or "float32":
                return ("real", "");
            case "double" or "float64":
                return ("double precision", "");
            case "string":
                return ("text", "");
            case "bytes":
                return ("bytea", "");
            case "map":
                return ("hstore", "jsonb");
            case "array" when field.TryGetProperty("items", out var items):
                while (Text(items, "type") == "array" && items.TryGetProperty("items", out var inner))
                {
                    items = inner;
                }

                var (element, other) = TypeOf(name, items);
                return ($"{element}[]", other.Length == 0 ? "" : $"{other}[]");
            default:
                throw new UnfitValueException($"no type of Postgres is known for field \"{name}\" ({(Text(field, "name") is { Length: > 0 } semantic ? semantic : Text(field, "type"))}): add its column yourself, or leave it out with PENSTOCK_FIELD_EXCLUDE_LIST");
        }
    }

    /// <summary>numeric(p,s); money comes without a precision. A scale below zero is written without the sign that its eleven bits have (capture B4); such a column needs Postgres 15.</summary>
    private static string Decimal(JsonElement field)
    {
        int precision = Number(Parameter(field, "connect.decimal.precision"));
        int scale = Number(Parameter(field, "scale"));
        scale = scale is > 1000 and < 2048 ? scale - 2048 : scale;
        return precision is > 0 and <= 1000 && scale >= -1000 && scale <= precision ? string.Create(CultureInfo.InvariantCulture, $"numeric({precision},{scale})") : "numeric";
    }

    private static string Bits(int length) => length is > 0 and < 83_886_080 ? string.Create(CultureInfo.InvariantCulture, $"bit({length})") : "bit varying";

    /// <summary>Defaults whose JSON is also the column's value; those of times, decimals and bytes are coded, and are not taken.</summary>
    private static string DefaultOf(JsonElement field, string type)
    {
        if (!field.TryGetProperty("default", out var value))
        {
            return "";
        }

        bool isPlain = Text(field, "name").Length == 0;
        return (value.ValueKind, Text(field, "type")) switch
        {
            (JsonValueKind.True, "boolean") => "true",
            (JsonValueKind.False, "boolean") => "false",
            (JsonValueKind.Number, not "bytes") when isPlain => value.GetRawText(),
            (JsonValueKind.String, "string") when isPlain && type != "bytea" => SqlName.Literal(value.GetString()!),
            _ => "",
        };
    }

    private static string Parameter(JsonElement field, string name) => field.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object ? Text(parameters, name) : "";

    private static int Number(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : -1;

    private static string Text(JsonElement container, string name) =>
        container.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
