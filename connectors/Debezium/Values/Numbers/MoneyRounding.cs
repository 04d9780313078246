using System.Globalization;

namespace Penstock.Debezium.Values;

/// <summary>Numbers of money's size (64 bits) on their way to another scale.</summary>
internal static class MoneyRounding
{
    /// <summary>The unscaled integer at a lower scale; halves go away from zero.</summary>
    public static Int128 HalfUp(NumericText number, int scale)
    {
        Int128 kept = 0;
        foreach (byte digit in number.Whole)
        {
            kept = (kept * 10) + (digit - '0');
        }

        foreach (byte digit in number.Fraction[..scale])
        {
            kept = (kept * 10) + (digit - '0');
        }

        if (number.Fraction[scale] >= '5')
        {
            kept++;
        }

        return number.Negative ? -kept : kept;
    }

    /// <summary>The same as text in <paramref name="target"/>.</summary>
    public static NumericText HalfUp(NumericText number, int scale, Span<byte> target)
    {
        var unscaled = HalfUp(number, scale);
        bool negative = unscaled < 0;
        Span<byte> digits = stackalloc byte[MoneyText.LongestBytes];
        Int128.Abs(unscaled).TryFormat(digits, out int count, default, CultureInfo.InvariantCulture);
        int length = 0;
        if (negative)
        {
            target[length++] = (byte)'-';
        }

        int whole = Math.Max(count - scale, 0);
        if (whole == 0)
        {
            target[length++] = (byte)'0';
        }

        digits[..whole].CopyTo(target[length..]);
        length += whole;
        if (scale > 0)
        {
            target[length++] = (byte)'.';
            target.Slice(length, scale - (count - whole)).Fill((byte)'0');
            length += scale - (count - whole);
            digits[whole..count].CopyTo(target[length..]);
            length += count - whole;
        }

        return NumericText.Parse(target[..length]);
    }

    /// <summary>Sign, digits and point; returns the bytes written.</summary>
    public static int Join(NumericText number, Span<byte> target)
    {
        int length = 0;
        if (number.Negative)
        {
            target[length++] = (byte)'-';
        }

        number.Whole.CopyTo(target[length..]);
        length += number.Whole.Length;
        if (!number.Fraction.IsEmpty)
        {
            target[length++] = (byte)'.';
            number.Fraction.CopyTo(target[length..]);
            length += number.Fraction.Length;
        }

        return length;
    }
}
