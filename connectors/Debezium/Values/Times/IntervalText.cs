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
        var interval = default(IntervalText);
        var rest = text;
        while (!rest.IsEmpty)
        {
            bool negative = rest[0] == '-';
            var digits = negative || rest[0] == '+' ? rest[1..] : rest;
            if (!TryTakeNumber(ref digits, out long number) || digits.IsEmpty)
            {
                throw Malformed();
            }

            if (digits[0] == ':')
            {
                return interval.WithClock(number, digits, negative);
            }

            int end = digits.IndexOf((byte)' ') is not 0 ? -1 : digits[1..].IndexOf((byte)' ');
            var unit = digits[0] != ' ' ? default : end < 0 ? digits[1..] : digits.Slice(1, end);
            number = negative ? -number : number;
            interval = unit switch
            {
                _ when unit.SequenceEqual("year"u8) || unit.SequenceEqual("years"u8) => interval with { Years = number },
                _ when unit.SequenceEqual("mon"u8) || unit.SequenceEqual("mons"u8) => interval with { Months = number },
                _ when unit.SequenceEqual("day"u8) || unit.SequenceEqual("days"u8) => interval with { Days = number },
                _ => throw Malformed(),
            };
            rest = end < 0 ? default : digits[(end + 2)..];
            if (end >= 0 && rest.IsEmpty)
            {
                throw Malformed();
            }
        }

        return text.IsEmpty ? throw Malformed() : interval;
    }

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
