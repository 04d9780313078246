namespace Penstock.Debezium.Values;

/// <summary>The text of money, such as <c>-$1,234.11</c> or <c>($1,234.11)</c>, without its symbol and separators (Debezium: PostgresMoney).</summary>
internal static class MoneyText
{
    /// <summary>19 digits of a 64-bit number, sign and point, with room.</summary>
    public const int LongestBytes = 32;

    /// <summary>Copies sign, digits and point to <paramref name="target"/>.</summary>
    /// <exception cref="UnrepresentableValueException">What remains is not a number: lc_monetary has another decimal point than the dot.</exception>
    public static NumericText Parse(ReadOnlySpan<byte> text, Span<byte> target)
    {
        int length = 0;
        if (!text.IsEmpty && (text[0] is (byte)'-' or (byte)'('))
        {
            target[length++] = (byte)'-';
            text = text[1..].TrimEnd((byte)')');
        }

        int first = text.IndexOfAnyInRange((byte)'0', (byte)'9');
        foreach (byte c in first < 0 ? default : text[first..])
        {
            if (c == ',')
            {
                continue;
            }

            if (length == target.Length)
            {
                throw UnrepresentableValueException.Not("money");
            }

            target[length++] = c;
        }

        return NumericText.Parse(target[..length]);
    }
}
