using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>time without time zone as a number of milli-, micro- or nanoseconds since midnight.</summary>
/// <param name="schema">Its schema.</param>
/// <param name="unitsPerSecond">A thousand, a million or a billion.</param>
/// <param name="throughJavaSql">An array element: java.sql.Time keeps milliseconds and no 24:00 (capture A10).</param>
internal sealed class TimeEncoder(SchemaNode schema, long unitsPerSecond, bool throughJavaSql) : WireEncoder(schema, [.. "0"u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        long micros = ClockText.Parse(text, throughJavaSql);
        JsonNumber.Write(unitsPerSecond >= TimeText.MicrosPerSecond
            ? micros * (unitsPerSecond / TimeText.MicrosPerSecond)
            : micros / (TimeText.MicrosPerSecond / unitsPerSecond), output);
    }

    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (ClockText.Parse(text, false) < TimeText.MicrosPerDay)
        {
            Write(text, output);
            return;
        }

        // The JDBC driver reads 24:00:00 as LocalTime.MAX, 23:59:59.999999999.
        JsonNumber.Write((86_400 * unitsPerSecond) - 1, output);
    }
}

/// <summary>time without time zone, <c>isostring</c>: <c>13:51:30.123456Z</c>; 24:00 is 00:00 (capture A5).</summary>
/// <param name="throughJavaSql">An array element.</param>
internal sealed class IsoTimeEncoder(bool throughJavaSql) : WireEncoder(TemporalSchema.Debezium("string", "IsoTime"), [.. "\"00:00:00Z\""u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        output.WriteByte((byte)'"');
        IsoTimeJson.WriteClock(ClockText.Parse(text, throughJavaSql) % TimeText.MicrosPerDay, null, output);
        output.Write("Z\""u8);
    }

    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (ClockText.Parse(text, false) < TimeText.MicrosPerDay)
        {
            Write(text, output);
            return;
        }

        output.Write("\"23:59:59.999999999Z\""u8);
    }
}

/// <summary>time with time zone in UTC: <c>11:51:30.123789Z</c>.</summary>
/// <param name="throughJavaSql">An array element: java.sql.Time.toLocalTime has no fraction.</param>
internal sealed class ZonedTimeEncoder(bool throughJavaSql) : WireEncoder(TemporalSchema.Debezium("string", "ZonedTime"), [.. "\"00:00:00Z\""u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var rest = new TimeText(text);
        if (!rest.TryReadClock(out long micros) || !rest.TryReadOffset(out int offsetSeconds) || !rest.AtEnd)
        {
            throw UnrepresentableValueException.Not("a time with time zone");
        }

        micros = (micros - (offsetSeconds * TimeText.MicrosPerSecond)) % TimeText.MicrosPerDay;
        micros = micros < 0 ? micros + TimeText.MicrosPerDay : micros;
        output.WriteByte((byte)'"');
        IsoTimeJson.WriteClock(micros, throughJavaSql ? 0 : null, output);
        output.Write("Z\""u8);
    }
}

/// <summary>The text of time without time zone.</summary>
internal static class ClockText
{
    /// <summary>Microseconds since midnight, 24:00 included unless it goes through java.sql.Time.</summary>
    public static long Parse(ReadOnlySpan<byte> text, bool throughJavaSql)
    {
        var rest = new TimeText(text);
        if (!rest.TryReadClock(out long micros) || !rest.AtEnd)
        {
            throw UnrepresentableValueException.Not("a time");
        }

        return throughJavaSql ? micros / 1000 * 1000 % TimeText.MicrosPerDay : micros;
    }
}
