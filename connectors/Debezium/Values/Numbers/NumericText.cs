namespace Penstock.Debezium.Values;

/// <summary>The text of a finite numeric, taken apart: sign, digits before and after the point.</summary>
internal readonly ref struct NumericText
{
    private NumericText(bool negative, ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction)
    {
        Negative = negative;
        Whole = whole;
        Fraction = fraction;
    }

    public bool Negative { get; }

    /// <summary>At least one digit.</summary>
    public ReadOnlySpan<byte> Whole { get; }

    public ReadOnlySpan<byte> Fraction { get; }

    public bool IsZero => !Whole.ContainsAnyExcept((byte)'0') && !Fraction.ContainsAnyExcept((byte)'0');

    /// <exception cref="UnrepresentableValueException">The text is not a plain decimal number.</exception>
    public static NumericText Parse(ReadOnlySpan<byte> text)
    {
        bool negative = !text.IsEmpty && text[0] == '-';
        var digits = negative ? text[1..] : text;
        int point = digits.IndexOf((byte)'.');
        var whole = point < 0 ? digits : digits[..point];
        var fraction = point < 0 ? default : digits[(point + 1)..];
        // numeric_out writes a digit on both sides of a point and no zero before other digits.
        if (whole.IsEmpty || (point >= 0 && fraction.IsEmpty) || (whole.Length > 1 && whole[0] == '0')
            || whole.ContainsAnyExceptInRange((byte)'0', (byte)'9') || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            throw UnrepresentableValueException.Not("a numeric");
        }

        return new NumericText(negative, whole, fraction);
    }

    /// <summary>The same number without zeros at the end of the fraction.</summary>
    public NumericText Stripped() => new(Negative, Whole, Fraction.TrimEnd((byte)'0'));

    /// <summary>The number divided by a power of ten: a whole number without its last zeros.</summary>
    /// <exception cref="UnrepresentableValueException">What would be left out is not zero.</exception>
    public NumericText InUnits(int zeros)
    {
        int kept = Math.Max(Whole.Length - zeros, 0);
        return Whole[kept..].ContainsAnyExcept((byte)'0')
            ? throw UnrepresentableValueException.Not("a numeric of the column's scale")
            : new NumericText(Negative, kept == 0 ? "0"u8 : Whole[..kept], default);
    }

    /// <summary>The same number with at most <paramref name="scale"/> digits after the point.</summary>
    /// <exception cref="UnrepresentableValueException">It has more that are not zero: BigDecimal.setScale refuses to round.</exception>
    public NumericText Within(int scale)
    {
        if (Fraction.Length <= scale)
        {
            return this;
        }

        if (Fraction[scale..].ContainsAnyExcept((byte)'0'))
        {
            throw UnrepresentableValueException.Not("a numeric of the column's scale");
        }

        return new NumericText(Negative, Whole, Fraction[..scale]);
    }
}
