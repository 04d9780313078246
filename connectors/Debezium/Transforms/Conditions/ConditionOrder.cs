using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Penstock.Debezium.Transforms.Conditions;

/// <summary>Compares values as Groovy compares what Debezium gives it. Allocates only for very long texts with escapes.</summary>
internal static class ConditionOrder
{
    /// <summary>What a number without exponent is written with.</summary>
    public static readonly SearchValues<byte> PlainDigits = SearchValues.Create("-.0123456789"u8);

    /// <summary>Whether two values of one kind are equal.</summary>
    public static bool Same(ConditionValue left, ConditionValue right) => left.Kind switch
    {
        ConditionKind.Number => Numbers(left.Bytes, right.Bytes) == 0,
        _ => left.Bytes.SequenceEqual(right.Bytes),
    };

    /// <summary>Order of two numbers, or of two texts by their characters.</summary>
    public static int Compare(ConditionValue left, ConditionValue right) => left.Kind == ConditionKind.Number ? Numbers(left.Bytes, right.Bytes) : Texts(left.Bytes, right.Bytes);

    // Digits of any length are compared exactly. What has an exponent, or is no number at all (NaN, infinities), was a floating point number before.
    private static int Numbers(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.ContainsAnyExcept(PlainDigits) || right.ContainsAnyExcept(PlainDigits))
        {
            double a = Double(left);
            double b = Double(right);
            // Java puts NaN above everything.
            return double.IsNaN(a) || double.IsNaN(b) ? double.IsNaN(a).CompareTo(double.IsNaN(b)) : a.CompareTo(b);
        }

        int leftSign = Sign(left);
        int rightSign = Sign(right);
        return leftSign != rightSign || leftSign == 0 ? leftSign.CompareTo(rightSign) : leftSign * Magnitudes(left, right);
    }

    private static int Magnitudes(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Split(left, out var leftWhole, out var leftFraction);
        Split(right, out var rightWhole, out var rightFraction);
        int whole = leftWhole.Length != rightWhole.Length ? leftWhole.Length.CompareTo(rightWhole.Length) : leftWhole.SequenceCompareTo(rightWhole);
        return Math.Sign(whole != 0 ? whole : leftFraction.SequenceCompareTo(rightFraction));
    }

    private static void Split(ReadOnlySpan<byte> digits, out ReadOnlySpan<byte> whole, out ReadOnlySpan<byte> fraction)
    {
        digits = digits.TrimStart((byte)'-');
        int point = digits.IndexOf((byte)'.');
        whole = (point < 0 ? digits : digits[..point]).TrimStart((byte)'0');
        fraction = point < 0 ? default : digits[(point + 1)..].TrimEnd((byte)'0');
    }

    private static int Sign(ReadOnlySpan<byte> digits) => !digits.ContainsAnyInRange((byte)'1', (byte)'9') ? 0 : digits[0] == (byte)'-' ? -1 : 1;

    private static double Double(ReadOnlySpan<byte> text)
    {
        text = text.Trim((byte)'"');
        return Utf8Parser.TryParse(text, out double value, out int used) && used == text.Length ? value
            : text.SequenceEqual("Infinity"u8) ? double.PositiveInfinity
            : text.SequenceEqual("-Infinity"u8) ? double.NegativeInfinity
            : double.NaN;
    }

    private static int Texts(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.IndexOf((byte)'\\') < 0 && right.IndexOf((byte)'\\') < 0)
        {
            return Math.Sign(left[1..^1].SequenceCompareTo(right[1..^1]));
        }

        const int OnStack = 512;
        Span<byte> leftText = left.Length <= OnStack ? stackalloc byte[OnStack] : new byte[left.Length];
        Span<byte> rightText = right.Length <= OnStack ? stackalloc byte[OnStack] : new byte[right.Length];
        return Math.Sign(Unescape(left, leftText).SequenceCompareTo(Unescape(right, rightText)));
    }

    /// <summary>The UTF-8 of a JSON string.</summary>
    /// <param name="json">With quotes.</param>
    /// <param name="into">At least as long.</param>
    public static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> json, Span<byte> into)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return into[..reader.CopyString(into)];
    }
}
