using Penstock.Postgres.Apply;

namespace Penstock.Debezium.Reading.Fields;

/// <summary>What an event's schema says about a field.</summary>
/// <param name="Name">The semantic type, such as io.debezium.time.MicroTimestamp; "" for none.</param>
/// <param name="Type">The plain type.</param>
/// <param name="Scale">Of a decimal.</param>
internal readonly record struct FieldSchema(string Name, string Type, int Scale);

/// <summary>Chooses how a field becomes the binary form of its column: by the schema where there is one, else by the column and the source's modes.</summary>
internal static class FieldEncoders
{
    public static FieldEncoder Of(TargetColumn column, FieldSchema? schema, ReadingFormat format) => column.Stage.Form switch
    {
        BinaryForm.Boolean => new BooleanField(),
        BinaryForm.Int16 => new IntegerField(sizeof(short)),
        BinaryForm.Int32 => new IntegerField(sizeof(int)),
        BinaryForm.Int64 => new IntegerField(sizeof(long)),
        BinaryForm.Float32 => new FloatField(isSingle: true),
        BinaryForm.Float64 => new FloatField(isSingle: false),
        BinaryForm.Numeric => Numeric(column, schema, format),
        BinaryForm.Date => new DateField(),
        BinaryForm.Time => new TimeField(Unit(column, schema, format, isTimeOfDay: true)),
        BinaryForm.Timestamp => new TimestampField(Unit(column, schema, format, isTimeOfDay: false)),
        BinaryForm.Bytes => new BytesField(schema is { Type: "bytes" } ? BinaryText.Base64 : format.Binary),
        BinaryForm.Uuid => new UuidField(),
        BinaryForm.JsonBinary => new JsonBinaryField(),
        _ => new TextField(),
    };

    private static NumericField Numeric(TargetColumn column, FieldSchema? schema, ReadingFormat format)
    {
        if (schema is { } known)
        {
            return new NumericField(known.Type == "bytes", known.Scale);
        }

        int scale = column.TypeOid == StageTypes.Money ? 2 : column.TypeModifier < 4 ? 0 : Scale(column.TypeModifier);
        return new NumericField(format.DecimalsAreBytes, scale);
    }

    /// <summary>The scale in a numeric's modifier: eleven bits with a sign.</summary>
    private static int Scale(int modifier) => (((modifier - 4) & 0x7ff) ^ 1024) - 1024;

    private static TimeUnit Unit(TargetColumn column, FieldSchema? schema, ReadingFormat format, bool isTimeOfDay)
    {
        string name = schema?.Name ?? "";
        if (name.Length > 0)
        {
            string last = name[(name.LastIndexOf('.') + 1)..];
            return last.StartsWith("Micro", StringComparison.Ordinal) ? TimeUnit.Microseconds : last.StartsWith("Nano", StringComparison.Ordinal) ? TimeUnit.Nanoseconds : TimeUnit.Milliseconds;
        }

        bool isCoarse = column.TypeModifier is >= 0 and <= 3;
        return format.Times switch
        {
            TimePrecision.Milliseconds => TimeUnit.Milliseconds,
            TimePrecision.Microseconds => TimeUnit.Microseconds,
            TimePrecision.Nanoseconds => TimeUnit.Nanoseconds,
            TimePrecision.AdaptiveTimeMicroseconds when isTimeOfDay => TimeUnit.Microseconds,
            _ => isCoarse ? TimeUnit.Milliseconds : TimeUnit.Microseconds,
        };
    }
}
