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
        _ => Composed(column, schema, format),
    };

    /// <summary>Types that are staged as text: most are written into events as text too, the others are put together again.</summary>
    private static FieldEncoder Composed(TargetColumn column, FieldSchema? schema, ReadingFormat format)
    {
        if (column.ElementOid != 0)
        {
            return new ArrayField(Element(column, format));
        }

        return column.TypeOid switch
        {
            StageTypes.Bit or StageTypes.VarBit => new BitsField(column.TypeModifier),
            StageTypes.Point => new PointField(),
            StageTypes.Interval => new IntervalField(),
            _ when schema is { Type: "bytes" } || StageTypes.HasOpaqueText(column.TypeOid) => new OpaqueField(),
            _ => Named(column.TypeName),
        };
    }

    /// <summary>Types of extensions have no fixed number: their name says what they are, with or without its schema.</summary>
    private static FieldEncoder Named(string type)
    {
        string name = type[(type.LastIndexOf('.') + 1)..].Trim('"');
        return name switch
        {
            "hstore" => new HstoreField(),
            "geometry" or "geography" => new GeometryField(),
            "sparsevec" => new SparseVectorField(),
            _ => new TextField(),
        };
    }

    /// <summary>How an element of an array becomes the text of its type.</summary>
    private static ElementText Element(TargetColumn column, ReadingFormat format)
    {
        var own = new TargetColumn("", column.ElementOid, column.TypeModifier, "", 0, false, false, false);
        return own.Stage.Form switch
        {
            BinaryForm.Date => ElementText.Date,
            BinaryForm.Time => ElementText.Time(Unit(own, null, format, isTimeOfDay: true)),
            BinaryForm.Timestamp => ElementText.Timestamp(Unit(own, null, format, isTimeOfDay: false)),
            BinaryForm.Numeric when format.DecimalsAreBytes => ElementText.Decimal(own.TypeModifier < 4 ? 0 : Scale(own.TypeModifier)),
            BinaryForm.Bytes => ElementText.Bytes(format.Binary),
            _ => ElementText.Plain,
        };
    }

    private static NumericField Numeric(TargetColumn column, FieldSchema? schema, ReadingFormat format)
    {
        if (schema is { } known)
        {
            return new NumericField(known.Type == "bytes", known.Scale);
        }

        int scale = column.TypeOid == StageTypes.Money ? 2 : column.TypeModifier < 4 ? 0 : Scale(column.TypeModifier);
        return new NumericField(format.DecimalsAreBytes, scale);
    }

    /// <summary>The scale in a numeric's modifier as Debezium reads it: without the sign that the eleven bits have (capture B4), so that numbers of a scale below zero have 2,046 decimals.</summary>
    private static int Scale(int modifier) => (modifier - 4) & 0x7ff;

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
