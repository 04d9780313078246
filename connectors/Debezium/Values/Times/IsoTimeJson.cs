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

        Fill(target.Slice(at, digits), year);
        at += digits;
        target[at++] = (byte)'-';
        Fill(target.Slice(at, 2), date.Month);
        target[at + 2] = (byte)'-';
        Fill(target.Slice(at + 3, 2), date.Day);
        output.Advance(at + 5);
    }

    /// <summary><c>13:51:30</c> and as many fraction digits as are asked for.</summary>
    /// <param name="micros">Microseconds since midnight.</param>
    /// <param name="fractionDigits">0 to 6; null for as many as there are without zeros at the end.</param>
    /// <param name="output">Receives the text.</param>
    public static void WriteClock(long micros, int? fractionDigits, SlabWriter output)
    {
        var target = output.GetSpan(LongestClockBytes);
        int seconds = (int)(micros / TimeText.MicrosPerSecond);
        Fill(target[..2], seconds / 3600);
        target[2] = (byte)':';
        Fill(target.Slice(3, 2), seconds / 60 % 60);
        target[5] = (byte)':';
        Fill(target.Slice(6, 2), seconds % 60);
        target[8] = (byte)'.';
        var fraction = target.Slice(9, 6);
        Fill(fraction, (int)(micros % TimeText.MicrosPerSecond));
        int digits = fractionDigits ?? ((ReadOnlySpan<byte>)fraction).TrimEnd((byte)'0').Length;
        output.Advance(digits == 0 ? 8 : 9 + digits);
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
