using Penstock.Debezium.Schemas;

namespace Penstock.Debezium.Values;

/// <summary>Chooses among the encoders of one type by modes, modifier and path.</summary>
internal static class EncoderChoice
{
    // Length of a bit varying without limit, as the JDBC driver reports it.
    private const int UnlimitedBits = int.MaxValue;

    // Fraction digits of a time or timestamp without a modifier.
    private const int FullPrecision = 6;

    public static bool IsElement(EncoderContext context) => context.Path == ValuePath.ArrayElement;

    public static ValueEncoder Numeric(EncoderContext context)
    {
        // typmod = (precision << 16 | scale) + VARHDRSZ; Debezium reads the 11 bits of the scale without their sign (capture B4).
        int bits = context.Modifier - 4;
        bool fixedScale = context.Modifier >= 4;
        int precision = (bits >> 16) & 0xFFFF;
        int scale = bits & 0x7FF;
        if (context.IsCorrect)
        {
            // numeric_typmod_scale: the 11 bits are signed.
            return CorrectNumeric(context, fixedScale, precision, (scale ^ 0x400) - 0x400);
        }

        return context.Modes.Decimal switch
        {
            DecimalMode.Double => new DoubleEncoder(),
            DecimalMode.Text => new NumericTextEncoder(fixedScale ? scale : null, context.Placeholder),
            _ when !fixedScale => new VariableDecimalEncoder(),
            _ when context.Modes.DecimalFormatNumeric => new DecimalNumberEncoder(precision, scale, correct: false),
            _ => new DecimalEncoder(precision, scale),
        };
    }

    private static WireEncoder CorrectNumeric(EncoderContext context, bool fixedScale, int precision, int scale)
    {
        bool asNumber = context.Modes.DecimalFormatNumeric;
        return context.Modes.Decimal switch
        {
            DecimalMode.Double => new DoubleEncoder([.. "\"NaN\""u8]),
            DecimalMode.Text => new NumericTextEncoder(fixedScale && scale >= 0 ? scale : null, context.Placeholder),
            _ when !fixedScale => new VariableDecimalEncoder(context.Placeholder.VariableDecimal),
            _ when scale < 0 => new RoundDecimalEncoder(precision, -scale, asNumber, asNumber ? null : context.Placeholder.Base64),
            _ when asNumber => new DecimalNumberEncoder(precision, scale, correct: true),
            _ => new DecimalEncoder(precision, scale, context.Placeholder.Base64),
        };
    }

    public static ValueEncoder Money(EncoderContext context) => context.Modes.Decimal switch
    {
        DecimalMode.Double => new MoneyDoubleEncoder(),
        DecimalMode.Text => new MoneyTextEncoder(context.Modes.MoneyFractionDigits),
        _ when context.Modes.DecimalFormatNumeric => new MoneyNumberEncoder(context.Modes.MoneyFractionDigits),
        _ => new MoneyEncoder(context.Modes.MoneyFractionDigits),
    };

    /// <summary>The stream decoder does not know <c>name</c> and hands on NULL, unless it hands on the text of unknown types (capture A6).</summary>
    public static ValueEncoder Name(EncoderContext context) => context.Path == ValuePath.Stream && !context.Modes.IncludeUnknown && !context.IsCorrect
        ? new NullEncoder(new SchemaNode { Type = "string" }, [.. "\"\""u8], readsAsNull: true)
        : new TextEncoder(null, context.Placeholder);

    /// <summary>A column of type bit without a length, as CREATE TABLE AS makes it, holds bit strings of any length.</summary>
    public static ValueEncoder Bit(EncoderContext context) => context.Modifier switch
    {
        -1 when context.IsCorrect => new TextEncoder(null, context.Placeholder),
        > 1 => new BitsEncoder(context.Modifier, context.IsCorrect ? context.Placeholder.Base64 : null),
        _ => new SingleBitEncoder(),
    };

    /// <summary>Bytes do not tell how many bits there were: the correct form are the digits.</summary>
    public static ValueEncoder VarBit(EncoderContext context) => context.Modifier switch
    {
        _ when context.IsCorrect => new TextEncoder(null, context.Placeholder),
        1 => new SingleBitEncoder(),
        > 1 => new BitsEncoder(context.Modifier),
        _ => new BitsEncoder(UnlimitedBits),
    };

    public static ValueEncoder Date(EncoderContext context)
    {
        bool throughJavaSql = context.Path != ValuePath.Stream;
        return context.Modes.Time switch
        {
            TimeMode.IsoString => new IsoDateEncoder(throughJavaSql, context.IsCorrect),
            TimeMode.Connect => new DateEncoder(TemporalSchema.Connect("int32", "Date"), throughJavaSql, context.IsCorrect),
            _ => new DateEncoder(TemporalSchema.Debezium("int32", "Date"), throughJavaSql, context.IsCorrect),
        };
    }

    public static ValueEncoder Time(EncoderContext context)
    {
        bool element = IsElement(context);
        return context.Modes.Time switch
        {
            TimeMode.IsoString => new IsoTimeEncoder(element, context.IsCorrect),
            TimeMode.Connect => new TimeEncoder(TemporalSchema.Connect("int32", "Time"), 1_000, element, context.IsCorrect),
            TimeMode.Nanoseconds => new TimeEncoder(TemporalSchema.Debezium("int64", "NanoTime"), 1_000_000_000, element, context.IsCorrect),
            TimeMode.Adaptive when Precision(context) <= 3 => new TimeEncoder(TemporalSchema.Debezium("int32", "Time"), 1_000, element, context.IsCorrect),
            _ => new TimeEncoder(TemporalSchema.Debezium("int64", "MicroTime"), 1_000_000, element, context.IsCorrect),
        };
    }

    public static ValueEncoder Timestamp(EncoderContext context)
    {
        bool element = IsElement(context);
        return context.Modes.Time switch
        {
            TimeMode.IsoString => new IsoTimestampEncoder(element, context.IsCorrect),
            TimeMode.Connect => new MilliTimestampEncoder(TemporalSchema.Connect("int64", "Timestamp"), element, context.IsCorrect),
            TimeMode.Nanoseconds => new NanoTimestampEncoder(element, context.IsCorrect),
            TimeMode.Microseconds => new MicroTimestampEncoder(element, context.IsCorrect),
            _ when Precision(context) <= 3 => new MilliTimestampEncoder(TemporalSchema.Debezium("int64", "Timestamp"), element, context.IsCorrect),
            _ => new MicroTimestampEncoder(element, context.IsCorrect),
        };
    }

    public static ValueEncoder ZonedTime(EncoderContext context) => context.IsCorrect ? new OffsetTimeEncoder() : new ZonedTimeEncoder(IsElement(context));

    public static ValueEncoder Interval(EncoderContext context) =>
        context.Modes.IntervalAsText ? new IntervalTextEncoder(context.Placeholder) : context.IsCorrect ? new ExactIntervalEncoder() : new IntervalEncoder();

    public static ValueEncoder ZonedTimestamp(EncoderContext context) => new ZonedTimestampEncoder(Precision(context), IsElement(context), context.Placeholder, context.IsCorrect);

    /// <summary>A type that Debezium does not know, where <c>include.unknown.datatypes</c> asks for it: bytes of its text. The correct form without being asked is the text.</summary>
    public static ValueEncoder Unknown(EncoderContext context) => context.Modes.IncludeUnknown ? new OpaqueEncoder(context) : new TextEncoder(null, context.Placeholder);

    /// <summary>The same for types whose bytes are not those of Postgres' text.</summary>
    public static ValueEncoder Geometric(EncoderContext context) => context.Modes.IncludeUnknown ? new GeometricEncoder(context) : new TextEncoder(null, context.Placeholder);

    /// <summary>The placeholder's octets fit only where elements are octets.</summary>
    public static byte[]? ByteaArrayPlaceholder(EncoderContext context) => context.Modes.Binary == BinaryMode.Bytes ? context.Placeholder.Base64Array : null;

    /// <summary>Numbers for a date[] of numbers; Connect's Date and ISO strings do not take them.</summary>
    public static byte[]? DateArrayPlaceholder(EncoderContext context) =>
        context.Modes.Time is TimeMode.Connect or TimeMode.IsoString ? null : context.Placeholder.IntegerArray;

    private static int Precision(EncoderContext context) => context.Modifier is >= 0 and <= FullPrecision ? context.Modifier : FullPrecision;
}
