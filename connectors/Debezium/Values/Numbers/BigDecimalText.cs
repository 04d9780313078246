using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>A decimal number as java.math.BigDecimal writes it.</summary>
internal static class BigDecimalText
{
    // BigDecimal.toString: plain while the first digit stands no lower than the sixth place after the point.
    private const int LowestPlainExponent = -6;

    /// <summary>BigDecimal.toString of the number with <paramref name="scale"/> digits after the point: <c>22.22</c>, <c>0E-10</c>, <c>1.5E-8</c>.</summary>
    public static void Write(NumericText number, int scale, SlabWriter output)
    {
        int zeros = scale - number.Fraction.Length;
        var fraction = number.Whole[0] == '0' ? number.Fraction.TrimStart((byte)'0') : number.Fraction;
        // Digits of the unscaled integer; zero has one.
        int digits = number.Whole[0] != '0' ? number.Whole.Length + scale : number.IsZero ? 1 : fraction.Length + zeros;
        int exponent = digits - 1 - scale;
        if (exponent >= LowestPlainExponent)
        {
            WritePlain(number, scale, output);
            return;
        }

        WriteSign(number, output);
        output.WriteByte(number.IsZero ? (byte)'0' : fraction[0]);
        if (digits > 1)
        {
            output.WriteByte((byte)'.');
            output.Write(fraction[1..]);
            WriteZeros(zeros, output);
        }

        output.WriteByte((byte)'E');
        JsonNumber.Write(exponent, output);
    }

    /// <summary>BigDecimal.toPlainString.</summary>
    public static void WritePlain(NumericText number, int scale, SlabWriter output)
    {
        WriteSign(number, output);
        output.Write(number.Whole);
        if (scale > 0)
        {
            output.WriteByte((byte)'.');
            output.Write(number.Fraction);
            WriteZeros(scale - number.Fraction.Length, output);
        }
    }

    // An integer has no negative zero.
    private static void WriteSign(NumericText number, SlabWriter output)
    {
        if (number.Negative && !number.IsZero)
        {
            output.WriteByte((byte)'-');
        }
    }

    private static void WriteZeros(int count, SlabWriter output)
    {
        for (; count > 0; count--)
        {
            output.WriteByte((byte)'0');
        }
    }
}
