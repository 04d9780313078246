namespace Penstock.Debezium.Values;

/// <summary>An interval in <c>IntervalStyle = postgres</c>: <c>1 year 2 mons -3 days +04:05:06.78</c>.</summary>
/// <param name="Years">Years, signed as in the text.</param>
/// <param name="Months">Months beside the years.</param>
/// <param name="Days">Days.</param>
/// <param name="Hours">Hours; the sign of the clock part stands on each of its fields.</param>
/// <param name="Minutes">Minutes.</param>
/// <param name="Seconds">Whole seconds.</param>
/// <param name="Micros">Microseconds beside the seconds, of the same sign.</param>
internal readonly record struct IntervalText(long Years, long Months, long Days, long Hours, long Minutes, long Seconds, long Micros)
{
    // Years of an interval fit 9 digits, hours 10 (2^63 µs = 2562047788 h).
    private const int MostDigits = 12;

    /// <exception cref="UnrepresentableValueException">The text is not an interval.</exception>
    public static IntervalText Parse(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            throw Malformed();
        }

        var interval = default(IntervalText);
        while (true)
        {
            bool negative = !text.IsEmpty && text[0] == '-';
            text = negative || (!text.IsEmpty && text[0] == '+') ? text[1..] : text;
            if (!TryTakeNumber(ref text, out long number) || text.IsEmpty)
            {
                throw Malformed();
            }

            if (text[0] == ':')
            {
                return interval.WithClock(number, text, negative);
            }

            int end = text[1..].IndexOf((byte)' ') + 1;
            interval = interval.WithField(end == 0 ? text : text[..end], negative ? -number : number);
            if (end == 0)
            {
                return interval;
            }

            text = text[(end + 1)..];
        }
    }

    /// <param name="unit">The unit with the space before it.</param>
    /// <param name="number">How many.</param>
    private IntervalText WithField(ReadOnlySpan<byte> unit, long number) => unit switch
    {
        _ when unit.SequenceEqual(" year"u8) || unit.SequenceEqual(" years"u8) => this with { Years = number },
        _ when unit.SequenceEqual(" mon"u8) || unit.SequenceEqual(" mons"u8) => this with { Months = number },
        _ when unit.SequenceEqual(" day"u8) || unit.SequenceEqual(" days"u8) => this with { Days = number },
        _ => throw Malformed(),
    };

    private IntervalText WithClock(long hours, ReadOnlySpan<byte> rest, bool negative)
    {
        // hh has as many digits as it needs; :mm:ss[.ffffff] reads like the end of a clock of hour 00.
        Span<byte> clock = stackalloc byte[16];
        if (rest.Length > clock.Length - 2)
        {
            throw Malformed();
        }

        "00"u8.CopyTo(clock);
        rest.CopyTo(clock[2..]);
        var reader = new TimeText(clock[..(rest.Length + 2)]);
        if (!reader.TryReadClock(out long micros) || !reader.AtEnd)
        {
            throw Malformed();
        }

        long sign = negative ? -1 : 1;
        long seconds = micros / TimeText.MicrosPerSecond;
        return this with
        {
            Hours = sign * hours,
            Minutes = sign * (seconds / 60),
            Seconds = sign * (seconds % 60),
            Micros = sign * (micros % TimeText.MicrosPerSecond),
        };
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        int digits = 0;
        for (; digits < text.Length && digits <= MostDigits && text[digits] is >= (byte)'0' and <= (byte)'9'; digits++)
        {
            number = (number * 10) + text[digits] - '0';
        }

        text = text[digits..];
        return digits is > 0 and <= MostDigits;
    }

    private static UnrepresentableValueException Malformed() => UnrepresentableValueException.Not("an interval (IntervalStyle = postgres)");
}
