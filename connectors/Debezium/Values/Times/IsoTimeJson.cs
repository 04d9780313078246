using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>Dates and times as java.time's ISO formatters write them.</summary>
internal static class IsoTimeJson
{
    private const int LongestDateBytes = 16;
    private const int LongestClockBytes = 15;

    /// <summary><c>2016-11-04</c>, <c>+21016-11-04</c>, <c>-0043-03-15</c>, <c>0000-12-31</c>.</summary>
    public static void WriteDate(CivilDate date, SlabWriter output)
    {
        var target = output.GetSpan(LongestDateBytes);
        int at = 0;
        int year = Math.Abs(date.Year);
        if (date.Year is < 0 or > 9999)
        {
            target[at++] = date.Year < 0 ? (byte)'-' : (byte)'+';
        }

        int digits = 4;
        for (int limit = 10_000; digits < 8 && year >= limit; limit *= 10)
        {
            digits++;
        }

        if (digits == 4)
        {
            WriteTwo(year / 100, target[at..]);
            WriteTwo(year % 100, target[(at + 2)..]);
        }
        else
        {
            Fill(target.Slice(at, digits), year);
        }

        at += digits;
        target[at++] = (byte)'-';
        WriteTwo(date.Month, target[at..]);
        target[at + 2] = (byte)'-';
        WriteTwo(date.Day, target[(at + 3)..]);
        output.Advance(at + 5);
    }

    /// <summary><c>13:51:30</c> and as many fraction digits as are asked for.</summary>
    /// <param name="micros">Microseconds since midnight.</param>
    /// <param name="fractionDigits">0 to 6; null for as many as there are without zeros at the end.</param>
    /// <param name="output">Receives the text.</param>
    public static void WriteClock(long micros, int? fractionDigits, SlabWriter output)
    {
        var target = output.GetSpan(LongestClockBytes);
        var (wholeSeconds, fraction) = Math.DivRem((ulong)micros, (ulong)TimeText.MicrosPerSecond);
        uint seconds = (uint)wholeSeconds;
        WriteTwo((int)(seconds / 3600), target);
        target[2] = (byte)':';
        WriteTwo((int)(seconds / 60 % 60), target[3..]);
        target[5] = (byte)':';
        WriteTwo((int)(seconds % 60), target[6..]);
        target[8] = (byte)'.';
        WriteTwo((int)((uint)fraction / 10_000), target[9..]);
        WriteTwo((int)((uint)fraction / 100 % 100), target[11..]);
        WriteTwo((int)((uint)fraction % 100), target[13..]);
        int digits = fractionDigits ?? ((ReadOnlySpan<byte>)target.Slice(9, 6)).TrimEnd((byte)'0').Length;
        output.Advance(digits == 0 ? 8 : 9 + digits);
    }

    // Two digits at a time do not wait for each other, as the quotients of one long division do.
    private static void WriteTwo(int value, Span<byte> target)
    {
        target[1] = (byte)('0' + ((uint)value % 10));
        target[0] = (byte)('0' + ((uint)value / 10));
    }

    private static void Fill(Span<byte> target, int value)
    {
        for (int i = target.Length - 1; i >= 0; i--)
        {
            target[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }
}
