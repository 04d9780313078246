using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>timestamp without time zone as milliseconds since 1970, rounded down.</summary>
/// <param name="schema">io.debezium.time.Timestamp or Connect's Timestamp.</param>
/// <param name="throughJavaSql">An array element.</param>
/// <param name="correct">The infinities are the ends of 64 bits, which Postgres itself keeps for them.</param>
internal sealed class MilliTimestampEncoder(SchemaNode schema, bool throughJavaSql, bool correct) : WireEncoder(schema, [.. "0"u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var moment = Moment.ParseTimestamp(text);
        if (moment.Kind != MomentKind.Finite)
        {
            WriteInfinity(moment.Kind == MomentKind.After, output);
            return;
        }

        long second = TimestampMath.EpochSecond(moment, throughJavaSql);
        if (throughJavaSql && second != moment.EpochSecond)
        {
            Lose();
        }

        JsonNumber.Write((second * 1000) + (moment.MicroOfSecond / 1000), output);
    }

    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output) => TimestampMath.WriteDefault(this, correct, text, output);

    private void WriteInfinity(bool after, SlabWriter output)
    {
        if (correct)
        {
            TimestampMath.WriteEnd(after, output);
            return;
        }

        Lose();
        JsonNumber.Write(after ? TimestampMath.AfterMillis : TimestampMath.BeforeMillis, output);
    }
}

/// <summary>timestamp without time zone as microseconds since 1970; beyond year 294247 the sum wraps (capture A13).</summary>
/// <param name="throughJavaSql">An array element.</param>
/// <param name="correct">The infinities are the ends of 64 bits, and what lies beyond them is null.</param>
internal sealed class MicroTimestampEncoder(bool throughJavaSql, bool correct) : WireEncoder(TemporalSchema.Debezium("int64", "MicroTimestamp"), [.. "0"u8])
{
    private const long MostSeconds = long.MaxValue / TimeText.MicrosPerSecond;

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var moment = Moment.ParseTimestamp(text);
        if (moment.Kind != MomentKind.Finite)
        {
            WriteInfinity(moment.Kind == MomentKind.After, output);
            return;
        }

        long second = TimestampMath.EpochSecond(moment, throughJavaSql);
        if (throughJavaSql && second != moment.EpochSecond)
        {
            Lose();
        }

        // The last second that fits is cut in the middle; what is in it counts as beyond it.
        if (second < MostSeconds)
        {
            JsonNumber.Write((second * TimeText.MicrosPerSecond) + moment.MicroOfSecond, output);
        }
        else
        {
            WriteBeyond(second, moment.MicroOfSecond, output);
        }
    }

    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var kind = correct ? MomentKind.Finite : Moment.ParseTimestamp(text).Kind;
        switch (kind)
        {
            // OffsetDateTime.MAX and MIN: the seconds saturate, the fraction of MAX wraps them.
            case MomentKind.After:
                JsonNumber.Write(Wrapped(long.MaxValue, 999_999), output);
                break;
            case MomentKind.Before:
                JsonNumber.Write(long.MinValue, output);
                break;
            default:
                Write(text, output);
                break;
        }
    }

    private void WriteInfinity(bool after, SlabWriter output)
    {
        if (correct)
        {
            TimestampMath.WriteEnd(after, output);
            return;
        }

        Lose();
        JsonNumber.Write((after ? TimestampMath.AfterMillis : TimestampMath.BeforeMillis) * 1000, output);
    }

    private void WriteBeyond(long second, long micro, SlabWriter output)
    {
        var exact = ((Int128)second * TimeText.MicrosPerSecond) + micro;
        long wrapped = Wrapped(second, micro);
        if (correct && exact >= long.MaxValue)
        {
            // The very last number is infinity's.
            output.Write("null"u8);
            return;
        }

        if (exact != wrapped)
        {
            Lose();
        }

        JsonNumber.Write(wrapped, output);
    }

    // TimeUnit.SECONDS.toMicros saturates; the addition after it does not.
    private static long Wrapped(long seconds, long micros) => unchecked((seconds > MostSeconds ? long.MaxValue : seconds * TimeText.MicrosPerSecond) + micros);
}

/// <summary>timestamp without time zone as nanoseconds since 1970; null beyond 1677..2262, the ends of the range for the infinities (capture A13).</summary>
/// <param name="throughJavaSql">An array element.</param>
/// <param name="correct">A default is written as a value is.</param>
internal sealed class NanoTimestampEncoder(bool throughJavaSql, bool correct) : WireEncoder(TemporalSchema.Debezium("int64", "NanoTimestamp"), [.. "0"u8])
{
    private const long NanosPerSecond = 1_000_000_000;

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var moment = Moment.ParseTimestamp(text);
        if (moment.Kind != MomentKind.Finite)
        {
            JsonNumber.Write(moment.Kind == MomentKind.After ? long.MaxValue : long.MinValue, output);
            return;
        }

        long seconds = TimestampMath.EpochSecond(moment, throughJavaSql);
        if (throughJavaSql && seconds != moment.EpochSecond)
        {
            Lose();
        }

        Int128 nanos = ((Int128)seconds * NanosPerSecond) + (moment.MicroOfSecond * 1000);
        // Java multiplies the seconds, rounded down, before it adds: just before the smallest number that step is already out of range.
        if ((Int128)seconds * NanosPerSecond < long.MinValue || nanos > long.MaxValue)
        {
            output.Write("null"u8);
            return;
        }

        JsonNumber.Write((long)nanos, output);
    }

    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output) => TimestampMath.WriteDefault(this, correct, text, output);
}

/// <summary>timestamp without time zone, <c>isostring</c>: <c>2016-11-04T13:51:30.1Z</c>.</summary>
/// <param name="throughJavaSql">An array element.</param>
/// <param name="correct">The infinities are words, as in a timestamp with time zone.</param>
internal sealed class IsoTimestampEncoder(bool throughJavaSql, bool correct)
    : WireEncoder(TemporalSchema.Debezium("string", "IsoTimestamp"), [.. "\"1970-01-01T00:00:00Z\""u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var moment = Moment.ParseTimestamp(text);
        if (moment.Kind != MomentKind.Finite)
        {
            WriteInfinity(moment.Kind == MomentKind.After, output);
            return;
        }

        var date = throughJavaSql ? CivilDate.FromEpochDay(moment.Date.ToHybridEpochDay()) : moment.Date;
        if (date != moment.Date)
        {
            Lose();
        }

        TimestampMath.WriteIso(date, moment.MicrosOfDay, null, output);
    }

    private void WriteInfinity(bool after, SlabWriter output)
    {
        if (correct)
        {
            output.Write(after ? "\"infinity\""u8 : "\"-infinity\""u8);
            return;
        }

        Lose();
        output.Write(after ? "\"+294247-01-10T04:00:25.2Z\""u8 : "\"-290308-12-21T19:59:27.6Z\""u8);
    }

    // OffsetDateTime.MAX and MIN.
    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output)
    {
        switch (correct ? MomentKind.Finite : Moment.ParseTimestamp(text).Kind)
        {
            case MomentKind.After:
                output.Write("\"+999999999-12-31T23:59:59.999999999Z\""u8);
                break;
            case MomentKind.Before:
                output.Write("\"-999999999-01-01T00:00:00Z\""u8);
                break;
            default:
                Write(text, output);
                break;
        }
    }
}

/// <summary>timestamp with time zone: ISO text in UTC with as many fraction digits as the column's precision.</summary>
/// <param name="fractionDigits">0 to 6.</param>
/// <param name="throughJavaSql">An array element: the era is lost (capture A10).</param>
/// <param name="placeholder">Where the placeholder text comes from.</param>
/// <param name="correct">A default is written as a value is.</param>
internal sealed class ZonedTimestampEncoder(int fractionDigits, bool throughJavaSql, Placeholder placeholder, bool correct)
    : WireEncoder(TemporalSchema.Debezium("string", "ZonedTimestamp"), [.. "\"1970-01-01T00:00:00Z\""u8], placeholder.Text)
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var moment = Moment.ParseZoned(text);
        if (moment.Kind == MomentKind.Before && throughJavaSql && !correct)
        {
            // java.sql.Timestamp's earliest moment, without its era.
            Lose();
            output.Write("\"+292269055-12-02T"u8);
            IsoTimeJson.WriteClock(23 * 3600 * TimeText.MicrosPerSecond, fractionDigits, output);
            output.Write("Z\""u8);
            return;
        }

        if (moment.Kind != MomentKind.Finite)
        {
            output.Write(moment.Kind == MomentKind.After ? "\"infinity\""u8 : "\"-infinity\""u8);
            return;
        }

        var date = throughJavaSql ? moment.Date.ThroughJavaSqlFields() : moment.Date;
        if (date != moment.Date)
        {
            Lose();
        }

        TimestampMath.WriteIso(date, moment.MicrosOfDay, fractionDigits, output);
    }

    // OffsetDateTime.MAX cannot be moved to UTC.
    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output) => TimestampMath.WriteDefault(this, correct, text, output);
}

/// <summary>What the timestamp encoders share.</summary>
internal static class TimestampMath
{
    /// <summary>PGStatement.DATE_POSITIVE_INFINITY, in milliseconds.</summary>
    public const long AfterMillis = 9_223_372_036_825_200;

    /// <summary>PGStatement.DATE_NEGATIVE_INFINITY, in milliseconds.</summary>
    public const long BeforeMillis = -9_223_372_036_832_400;

    public static long EpochSecond(Moment moment, bool throughJavaSql) => throughJavaSql
        ? (moment.Date.ToHybridEpochDay() * 86_400) + (moment.MicrosOfDay / TimeText.MicrosPerSecond)
        : moment.EpochSecond;

    public static void WriteIso(CivilDate date, long micros, int? fractionDigits, SlabWriter output)
    {
        output.WriteByte((byte)'"');
        IsoTimeJson.WriteDate(date, output);
        output.WriteByte((byte)'T');
        IsoTimeJson.WriteClock(micros, fractionDigits, output);
        output.Write("Z\""u8);
    }

    /// <summary>The infinities as Postgres itself keeps them.</summary>
    public static void WriteEnd(bool after, SlabWriter output) => JsonNumber.Write(after ? long.MaxValue : long.MinValue, output);

    /// <summary>A default of infinity overflows in Java, and the schema goes without.</summary>
    public static void WriteDefault(ValueEncoder encoder, bool correct, ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (!correct && text.EndsWith("infinity"u8))
        {
            throw UnrepresentableValueException.Not("a default");
        }

        encoder.Write(text, output);
    }
}
