using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>time without time zone as a number of milli-, micro- or nanoseconds since midnight.</summary>
/// <param name="schema">Its schema.</param>
/// <param name="unitsPerSecond">A thousand, a million or a billion.</param>
/// <param name="throughJavaSql">An array element: java.sql.Time keeps milliseconds and no 24:00 (capture A10).</param>
/// <param name="correct">A default is written as a value is.</param>
internal sealed class TimeEncoder(SchemaNode schema, long unitsPerSecond, bool throughJavaSql, bool correct) : WireEncoder(schema, [.. "0"u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        long micros = ClockText.Parse(text);
        if (throughJavaSql)
        {
            long left = ClockText.ThroughJavaSql(micros);
            if (left != micros && (unitsPerSecond > 1_000 || micros == TimeText.MicrosPerDay))
            {
                // Where only milliseconds are written nothing more is lost than in a column.
                Lose();
            }

            micros = left;
        }

        JsonNumber.Write(unitsPerSecond >= TimeText.MicrosPerSecond
            ? micros * (unitsPerSecond / TimeText.MicrosPerSecond)
            : micros / (TimeText.MicrosPerSecond / unitsPerSecond), output);
    }

    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (correct || ClockText.Parse(text) < TimeText.MicrosPerDay)
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
/// <param name="correct">24:00 stays what it is.</param>
internal sealed class IsoTimeEncoder(bool throughJavaSql, bool correct) : WireEncoder(TemporalSchema.Debezium("string", "IsoTime"), [.. "\"00:00:00Z\""u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        long micros = ClockText.Parse(text);
        long left = correct ? micros : (throughJavaSql ? ClockText.ThroughJavaSql(micros) : micros) % TimeText.MicrosPerDay;
        if (left != micros)
        {
            Lose();
        }

        output.WriteByte((byte)'"');
        IsoTimeJson.WriteClock(left, null, output);
        output.Write("Z\""u8);
    }

    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (correct || ClockText.Parse(text) < TimeText.MicrosPerDay)
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
        long local = ClockText.ParseZoned(text, out int offsetSeconds);
        long micros = (local - (offsetSeconds * TimeText.MicrosPerSecond)) % TimeText.MicrosPerDay;
        micros = micros < 0 ? micros + TimeText.MicrosPerDay : micros;
        if (local == TimeText.MicrosPerDay || (throughJavaSql && micros % TimeText.MicrosPerSecond != 0))
        {
            Lose();
        }

        output.WriteByte((byte)'"');
        IsoTimeJson.WriteClock(micros, throughJavaSql ? 0 : null, output);
        output.Write("Z\""u8);
    }
}

/// <summary>time with time zone in the zone that it has, 24:00 included: <c>13:51:30.123789+02:00</c> (<see cref="CompatMode.Correct"/>).</summary>
internal sealed class OffsetTimeEncoder() : WireEncoder(TemporalSchema.Debezium("string", "ZonedTime"), [.. "\"00:00:00Z\""u8])
{
    // Sign, hours, minutes and seconds.
    private const int LongestOffsetBytes = 9;

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        long micros = ClockText.ParseZoned(text, out int offsetSeconds);
        output.WriteByte((byte)'"');
        IsoTimeJson.WriteClock(micros, null, output);
        if (offsetSeconds == 0)
        {
            output.Write("Z\""u8);
            return;
        }

        var target = output.GetSpan(LongestOffsetBytes);
        uint seconds = (uint)Math.Abs(offsetSeconds);
        target[0] = offsetSeconds < 0 ? (byte)'-' : (byte)'+';
        int length = 1 + WritePart(seconds / 3600, target[1..]);
        target[length++] = (byte)':';
        length += WritePart(seconds / 60 % 60, target[length..]);
        if (seconds % 60 != 0)
        {
            target[length++] = (byte)':';
            length += WritePart(seconds % 60, target[length..]);
        }

        output.Advance(length);
        output.WriteByte((byte)'"');
    }

    private static int WritePart(uint value, Span<byte> target)
    {
        target[0] = (byte)('0' + (value / 10));
        target[1] = (byte)('0' + (value % 10));
        return 2;
    }
}

/// <summary>The text of time, with and without time zone.</summary>
internal static class ClockText
{
    /// <summary>Microseconds since midnight, 24:00 included.</summary>
    /// <exception cref="UnrepresentableValueException">The text is not a time.</exception>
    public static long Parse(ReadOnlySpan<byte> text)
    {
        var rest = new TimeText(text);
        return rest.TryReadClock(out long micros) && rest.AtEnd ? micros : throw UnrepresentableValueException.Not("a time");
    }

    /// <summary>The same of a time with time zone, as its own clock shows it.</summary>
    /// <exception cref="UnrepresentableValueException">The text is not one.</exception>
    public static long ParseZoned(ReadOnlySpan<byte> text, out int offsetSeconds)
    {
        offsetSeconds = 0;
        var rest = new TimeText(text);
        return rest.TryReadClock(out long micros) && rest.TryReadOffset(out offsetSeconds) && rest.AtEnd ? micros : throw UnrepresentableValueException.Not("a time with time zone");
    }

    /// <summary>What java.sql.Time leaves of it: milliseconds, and no 24:00.</summary>
    public static long ThroughJavaSql(long micros) => micros / 1000 * 1000 % TimeText.MicrosPerDay;
}
