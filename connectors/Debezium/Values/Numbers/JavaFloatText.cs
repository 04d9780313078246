using System.Globalization;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>
/// Floating point numbers as Java 19 and later write them (capture A25): the shortest digits, plain from 1e-3 up to 1e7, else <c>d.dddE-n</c>, always
/// a digit after the point; NaN and the infinities are JSON strings.
/// </summary>
internal static class JavaFloatText
{
    /// <summary>Room for the longest text, <c>-1.7976931348623157E-308</c> or <c>"-Infinity"</c>.</summary>
    public const int LongestBytes = 32;

    // Two different decimals of at most 15 (6) digits never round to the same normal double (float): such a text is already Java's shortest.
    private const int SafeDoubleDigits = 15;
    private const int SafeFloatDigits = 6;
    private const int SafeDoubleExponent = 290;
    private const int SafeFloatExponent = 36;

    private const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    // 17 digits are the most that a shortest double has.
    private const int MostDigits = 17;

    /// <summary>Writes the JSON of a double precision text.</summary>
    /// <exception cref="UnrepresentableValueException">It is not a number.</exception>
    public static void WriteDouble(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (!TryWriteSpecial(text, output))
        {
            output.Advance(FormatDouble(text, output.GetSpan(LongestBytes)));
        }
    }

    /// <summary>Writes the JSON of a real text.</summary>
    /// <exception cref="UnrepresentableValueException">It is not a number.</exception>
    public static void WriteFloat(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (!TryWriteSpecial(text, output))
        {
            output.Advance(FormatFloat(text, output.GetSpan(LongestBytes)));
        }
    }

    /// <summary>Java's text of a finite number that is given as text; returns the bytes written.</summary>
    public static int FormatDouble(ReadOnlySpan<byte> text, Span<byte> target)
    {
        Span<byte> digits = stackalloc byte[MostDigits];
        bool taken = DecimalDigits.TryTake(text, digits, out var number);
        if (taken && number.Count <= SafeDoubleDigits && Math.Abs(number.Exponent) <= SafeDoubleExponent)
        {
            return Arrange(number, digits, target);
        }

        return FormatDouble(ParseDouble(text), target);
    }

    /// <summary>The value of a finite number's text.</summary>
    /// <exception cref="UnrepresentableValueException">It is not a number.</exception>
    public static double ParseDouble(ReadOnlySpan<byte> text) =>
        double.TryParse(text, Plain, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw UnrepresentableValueException.Not("a floating point number");

    private static int FormatDouble(double value, Span<byte> target)
    {
        if (double.IsNaN(value) || double.IsInfinity(value))
        {
            return Copy(double.IsNaN(value) ? "\"NaN\""u8 : value > 0 ? "\"Infinity\""u8 : "\"-Infinity\""u8, target);
        }

        Span<byte> text = stackalloc byte[LongestBytes];
        Span<byte> digits = stackalloc byte[MostDigits];
        value.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
        DecimalDigits.TryTake(text[..length], digits, out var number);
        if (number.Count == 1)
        {
            // Java takes, of all two-digit decimals that read back as the number, the nearest: 4.9E-324, where one digit (5E-324) would do.
            value.TryFormat(text, out length, "E1", CultureInfo.InvariantCulture);
            if (double.Parse(text[..length], NumberStyles.Float, CultureInfo.InvariantCulture) == value)
            {
                DecimalDigits.TryTake(text[..length], digits, out number);
            }
        }

        return Arrange(number, digits, target);
    }

    private static int FormatFloat(ReadOnlySpan<byte> source, Span<byte> target)
    {
        Span<byte> digits = stackalloc byte[MostDigits];
        bool taken = DecimalDigits.TryTake(source, digits, out var number);
        if (taken && number.Count <= SafeFloatDigits && Math.Abs(number.Exponent) <= SafeFloatExponent)
        {
            return Arrange(number, digits, target);
        }

        float value = ParseFloat(source);
        if (float.IsInfinity(value))
        {
            return FormatDouble(value, target);
        }

        Span<byte> text = stackalloc byte[LongestBytes];
        value.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
        DecimalDigits.TryTake(text[..length], digits, out number);
        if (number.Count == 1)
        {
            value.TryFormat(text, out length, "E1", CultureInfo.InvariantCulture);
            if (float.Parse(text[..length], NumberStyles.Float, CultureInfo.InvariantCulture) == value)
            {
                DecimalDigits.TryTake(text[..length], digits, out number);
            }
        }

        return Arrange(number, digits, target);
    }

    private static float ParseFloat(ReadOnlySpan<byte> text) =>
        float.TryParse(text, Plain, CultureInfo.InvariantCulture, out float value)
            ? value
            : throw UnrepresentableValueException.Not("a floating point number");

    private static bool TryWriteSpecial(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (!IsSpecial(text))
        {
            return false;
        }

        output.WriteByte((byte)'"');
        output.Write(text);
        output.WriteByte((byte)'"');
        return true;
    }

    /// <summary>NaN, Infinity, -Infinity: the words that Postgres, Java and JsonConverter share.</summary>
    public static bool IsSpecial(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("NaN"u8) || text.SequenceEqual("Infinity"u8) || text.SequenceEqual("-Infinity"u8);

    private static int Copy(ReadOnlySpan<byte> source, Span<byte> target)
    {
        source.CopyTo(target);
        return source.Length;
    }

    private static int Arrange(DecimalDigits number, ReadOnlySpan<byte> buffer, Span<byte> target)
    {
        var digits = buffer[..number.Count];
        int at = 0;
        if (number.Negative)
        {
            target[at++] = (byte)'-';
        }

        if (digits.IsEmpty)
        {
            return at + Copy("0.0"u8, target[at..]);
        }

        if (number.Exponent is < -3 or >= 7)
        {
            target[at++] = digits[0];
            target[at++] = (byte)'.';
            at += Copy(digits.Length > 1 ? digits[1..] : "0"u8, target[at..]);
            target[at++] = (byte)'E';
            number.Exponent.TryFormat(target[at..], out int written, default, CultureInfo.InvariantCulture);
            return at + written;
        }

        if (number.Exponent < 0)
        {
            at += Copy("0."u8, target[at..]);
            at += Copy("000"u8[..(-number.Exponent - 1)], target[at..]);
            return at + Copy(digits, target[at..]);
        }

        for (int i = 0; i <= number.Exponent; i++)
        {
            target[at++] = i < digits.Length ? digits[i] : (byte)'0';
        }

        target[at++] = (byte)'.';
        return at + Copy(digits.Length > number.Exponent + 1 ? digits[(number.Exponent + 1)..] : "0"u8, target[at..]);
    }
}
