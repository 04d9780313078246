namespace Penstock.Debezium.Values;

/// <summary>A finite decimal number as significant digits: <c>d.ddd × 10^Exponent</c>, no zeros at either end, none at all for zero.</summary>
/// <param name="Negative">Has a minus sign.</param>
/// <param name="Count">How many digits there are.</param>
/// <param name="Exponent">Power of ten of the first digit.</param>
internal readonly record struct DecimalDigits(bool Negative, int Count, int Exponent)
{
    // Beyond this every exponent is out of the range of a double; a limit keeps the sum from overflowing.
    private const int LargestExponent = 100_000;

    /// <summary>
    /// Reads <c>[-]ddd[.ddd][e[+|-]dd]</c>. False if it is malformed or has more significant digits than <paramref name="digits"/> has room for.
    /// </summary>
    public static bool TryTake(ReadOnlySpan<byte> text, Span<byte> digits, out DecimalDigits number)
    {
        number = default;
        int at = 0;
        bool negative = !text.IsEmpty && text[0] == '-';
        if (negative)
        {
            at++;
        }

        int count = 0;
        int pendingZeros = 0;
        int whole = 0;
        int leadingZeros = 0;
        int seen = 0;
        bool point = false;
        for (; at < text.Length && text[at] is not ((byte)'e' or (byte)'E'); at++)
        {
            byte c = text[at];
            if (c == '.' && !point && seen > 0)
            {
                point = true;
                continue;
            }

            if (c is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            seen++;
            whole += point ? 0 : 1;
            if (c == '0')
            {
                leadingZeros += count == 0 ? 1 : 0;
                pendingZeros += count == 0 ? 0 : 1;
                continue;
            }

            if (count + pendingZeros >= digits.Length)
            {
                return false;
            }

            digits.Slice(count, pendingZeros).Fill((byte)'0');
            count += pendingZeros;
            pendingZeros = 0;
            digits[count++] = c;
        }

        if (seen == 0 || !TryTakeExponent(text[at..], out int exponent))
        {
            return false;
        }

        number = new DecimalDigits(negative, count, whole - leadingZeros - 1 + exponent);
        return true;
    }

    private static bool TryTakeExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        if (text.IsEmpty)
        {
            return true;
        }

        int at = 1;
        bool negative = text.Length > 1 && text[1] == '-';
        if (text.Length > 1 && (text[1] is (byte)'-' or (byte)'+'))
        {
            at++;
        }

        if (at >= text.Length)
        {
            return false;
        }

        for (; at < text.Length; at++)
        {
            uint value = (uint)text[at] - '0';
            if (value > 9 || exponent > LargestExponent)
            {
                return false;
            }

            exponent = (exponent * 10) + (int)value;
        }

        exponent = negative ? -exponent : exponent;
        return true;
    }
}
