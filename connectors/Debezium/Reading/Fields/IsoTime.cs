using Penstock.Debezium.Values;

namespace Penstock.Debezium.Reading.Fields;

/// <summary>Dates and times as ISO 8601 writes them, the forms that events have: <c>2026-01-31T12:34:56.123456Z</c>, years of more or fewer digits, a sign for years before 1.</summary>
internal static class IsoTime
{
    public const long DayUs = 86_400_000_000;

    /// <summary>Days from 1970-01-01 to 2000-01-01, Postgres' day 0.</summary>
    public const int PostgresEpochDays = 10_957;

    public const long PostgresEpochUs = PostgresEpochDays * DayUs;

    /// <summary>Reads the date at the beginning.</summary>
    /// <returns>Days since 1970-01-01.</returns>
    public static bool TryDate(ReadOnlySpan<byte> text, out long days, out int used)
    {
        days = 0;
        used = 0;
        bool isNegative = text.Length > 0 && text[0] == '-';
        int at = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        int begin = at;
        long year = 0;
        while (at < text.Length && IsDigit(text[at]) && at - begin < 9)
        {
            year = (year * 10) + text[at++] - '0';
        }

        if (at - begin < 4 || !TryPart(text, ref at, '-', out int month) || !TryPart(text, ref at, '-', out int day) || month is < 1 or > 12 || day is < 1 or > 31)
        {
            return false;
        }

        days = new CivilDate((int)(isNegative ? -year : year), month, day).ToEpochDay();
        used = at;
        return true;
    }

    /// <summary>Reads a time of day at the beginning, with a fraction of up to nine digits.</summary>
    /// <returns>Microseconds since midnight.</returns>
    public static bool TryTime(ReadOnlySpan<byte> text, out long us, out int used)
    {
        us = 0;
        used = 0;
        if (text.Length < 5 || !IsDigit(text[0]) || !IsDigit(text[1]))
        {
            return false;
        }

        int hour = ((text[0] - '0') * 10) + text[1] - '0';
        int at = 2;
        if (!TryPart(text, ref at, ':', out int minute))
        {
            return false;
        }

        int second = 0;
        if (at < text.Length && text[at] == ':' && !TryPart(text, ref at, ':', out second))
        {
            return false;
        }

        long fraction = 0;
        if (at < text.Length && text[at] == '.')
        {
            int digits = 0;
            for (at++; at < text.Length && IsDigit(text[at]); at++, digits++)
            {
                fraction = digits < 6 ? (fraction * 10) + text[at] - '0' : fraction;
            }

            for (; digits < 6; digits++)
            {
                fraction *= 10;
            }
        }

        us = ((((hour * 60L) + minute) * 60) + second) * 1_000_000 + fraction;
        used = at;
        return hour <= 24 && minute < 60 && second <= 60;
    }

    /// <summary>Reads date and time, with or without a zone.</summary>
    /// <returns>Microseconds since 1970-01-01, UTC.</returns>
    public static bool TryTimestamp(ReadOnlySpan<byte> text, out long us)
    {
        us = 0;
        if (!TryDate(text, out long days, out int used))
        {
            return false;
        }

        text = text[used..];
        long time = 0;
        if (text.Length > 0 && text[0] is (byte)'T' or (byte)' ')
        {
            if (!TryTime(text[1..], out time, out used))
            {
                return false;
            }

            text = text[(1 + used)..];
        }

        if (!TryZone(text, out int seconds))
        {
            return false;
        }

        us = (days * DayUs) + time - (seconds * 1_000_000L);
        return true;
    }

    private static bool TryZone(ReadOnlySpan<byte> text, out int seconds)
    {
        seconds = 0;
        if (text.IsEmpty || (text.Length == 1 && text[0] == 'Z'))
        {
            return true;
        }

        if (text[0] is not ((byte)'+' or (byte)'-') || text.Length < 3 || !IsDigit(text[1]) || !IsDigit(text[2]))
        {
            return false;
        }

        int hours = ((text[1] - '0') * 10) + text[2] - '0';
        int at = 3;
        int minutes = 0;
        int rest = 0;
        if (at < text.Length && !TryPart(text, ref at, ':', out minutes))
        {
            return false;
        }

        if (at < text.Length && !TryPart(text, ref at, ':', out rest))
        {
            return false;
        }

        seconds = ((((hours * 60) + minutes) * 60) + rest) * (text[0] == '-' ? -1 : 1);
        return at == text.Length;
    }

    private static bool TryPart(ReadOnlySpan<byte> text, ref int at, char before, out int value)
    {
        value = 0;
        if (at + 3 > text.Length || text[at] != before || !IsDigit(text[at + 1]) || !IsDigit(text[at + 2]))
        {
            return false;
        }

        value = ((text[at + 1] - '0') * 10) + text[at + 2] - '0';
        at += 3;
        return true;
    }

    private static bool IsDigit(byte c) => c is >= (byte)'0' and <= (byte)'9';
}
