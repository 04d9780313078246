using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>
/// interval, <c>numeric</c>: microseconds, a month taken as 365.25 / 12 days. The sum is Java's in doubles, digit for digit; it saturates (capture A31).
/// </summary>
internal sealed class IntervalEncoder() : WireEncoder(TemporalSchema.Debezium("int64", "MicroDuration"), [.. "0"u8])
{
    private const double DaysPerMonth = 365.25 / 12;

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var interval = IntervalText.Parse(text);
        double days = ((interval.Years * 12) + interval.Months) * DaysPerMonth + interval.Days;
        double seconds = ((((days * 24) + interval.Hours) * 60) + interval.Minutes) * 60 + (interval.Seconds + (interval.Micros / 1e6));
        double micros = seconds * 1e6;
        if (micros is >= long.MaxValue or <= long.MinValue)
        {
            Lose();
        }

        JsonNumber.Write(micros >= long.MaxValue ? long.MaxValue : micros <= long.MinValue ? long.MinValue : (long)micros, output);
    }
}

/// <summary>
/// interval, <c>numeric</c>, as the same sum in whole numbers, in which no digit is lost; what 64 bits do not hold is null (<see cref="CompatMode.Correct"/>).
/// </summary>
internal sealed class ExactIntervalEncoder() : WireEncoder(TemporalSchema.Debezium("int64", "MicroDuration"), [.. "0"u8])
{
    // 365.25 / 12 days.
    private const long SecondsPerMonth = 2_629_800;

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var interval = IntervalText.Parse(text);
        Int128 seconds = ((Int128)((interval.Years * 12) + interval.Months) * SecondsPerMonth)
            + (interval.Days * 86_400) + (interval.Hours * 3600) + (interval.Minutes * 60) + interval.Seconds;
        var micros = (seconds * TimeText.MicrosPerSecond) + interval.Micros;
        if (micros > long.MaxValue || micros < long.MinValue)
        {
            output.Write("null"u8);
            return;
        }

        JsonNumber.Write((long)micros, output);
    }
}

/// <summary>interval, <c>string</c>: every field is written, <c>P0Y0M0DT4H5M7S</c> (capture A31).</summary>
internal sealed class IntervalTextEncoder(Placeholder placeholder)
    : WireEncoder(TemporalSchema.Debezium("string", "Interval"), [.. "\"P0Y0M0DT0H0M0S\""u8], placeholder.Text)
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var interval = IntervalText.Parse(text);
        output.Write("\"P"u8);
        WriteField(interval.Years, 'Y', output);
        WriteField(interval.Months, 'M', output);
        WriteField(interval.Days, 'D', output);
        output.WriteByte((byte)'T');
        WriteField(interval.Hours, 'H', output);
        WriteField(interval.Minutes, 'M', output);
        if (interval.Seconds == 0 && interval.Micros < 0)
        {
            output.WriteByte((byte)'-');
        }

        JsonNumber.Write(interval.Seconds, output);
        if (interval.Micros != 0)
        {
            WriteFraction((int)Math.Abs(interval.Micros), output);
        }

        output.Write("S\""u8);
    }

    private static void WriteField(long value, char unit, SlabWriter output)
    {
        JsonNumber.Write(value, output);
        output.WriteByte((byte)unit);
    }

    private static void WriteFraction(int micros, SlabWriter output)
    {
        output.WriteByte((byte)'.');
        for (int place = 100_000; micros > 0; place /= 10)
        {
            output.WriteByte((byte)('0' + (micros / place)));
            micros %= place;
        }
    }
}
