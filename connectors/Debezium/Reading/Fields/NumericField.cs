using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Penstock.Debezium.Reading.Fields;

/// <summary>numeric in Postgres' binary form: digits to the base of 10,000.</summary>
/// <param name="isBytes">A text is the unscaled number in base64; else it is the number as written.</param>
/// <param name="scale">Of a number that comes as bytes.</param>
internal sealed class NumericField(bool isBytes, int scale) : FieldEncoder
{
    private const int HeadBytes = 4 * sizeof(short);
    private const short Negative = 0x4000;

    protected override int MostBytes(in JsonValue value) => HeadBytes + 16 + (2 * Room(value.Length));

    // A base64 character holds 1.8 decimal digits; an exponent may write many zeros with a few characters.
    private static int Room(int length) => (2 * length) + 400;

    protected override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        switch (value.Kind)
        {
            case JsonKind.Text when isBytes:
                return FromBytes(text, value.HasEscapes, scale, output);
            case JsonKind.Text or JsonKind.Number:
                return FromText(text, output);
            case JsonKind.Object:
                return FromVariableScale(text, value, output);
            default:
                throw Unfit(value, "a number");
        }
    }

    private static int FromVariableScale(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        var members = new JsonScanner(text, new JsonValue { Start = 0, Length = text.Length, Kind = JsonKind.Object });
        int own = 0;
        JsonValue bytes = default;
        while (members.TryNext(out var name, out var member))
        {
            if (name.In(text).SequenceEqual("scale"u8) && Utf8Parser.TryParse(member.In(text), out int read, out _))
            {
                own = read;
            }
            else if (name.In(text).SequenceEqual("value"u8))
            {
                bytes = member;
            }
        }

        return bytes.Kind == JsonKind.Text ? FromBytes(bytes.In(text), bytes.HasEscapes, own, output) : throw Unfit(value, "a number");
    }

    private static int FromBytes(ReadOnlySpan<byte> text, bool hasEscapes, int scale, Span<byte> output)
    {
        int most = text.Length;
        Span<byte> bytes = most <= 256 ? stackalloc byte[256] : new byte[most];
        int length = BytesField.FromBase64(text, hasEscapes, bytes);
        bytes = bytes[..length];
        if (length <= 16)
        {
            var number = Int128.Zero;
            if (length > 0)
            {
                number = (sbyte)bytes[0] < 0 ? -1 : 0;
                foreach (byte b in bytes)
                {
                    number = (number << 8) | b;
                }
            }

            Span<byte> digits = stackalloc byte[48];
            _ = number.TryFormat(digits, out int written, default, CultureInfo.InvariantCulture);
            return Scaled(digits[..written], scale, output);
        }

        return Scaled(Encoding.ASCII.GetBytes(new BigInteger(bytes, isUnsigned: false, isBigEndian: true).ToString(CultureInfo.InvariantCulture)), scale, output);
    }

    private static int Scaled(ReadOnlySpan<byte> number, int scale, Span<byte> output)
    {
        bool isNegative = number[0] == '-';
        return Put(isNegative, isNegative ? number[1..] : number, scale, output);
    }

    private static int FromText(ReadOnlySpan<byte> text, Span<byte> output)
    {
        short special = text.SequenceEqual("NaN"u8) ? unchecked((short)0xC000) : text.SequenceEqual("Infinity"u8) ? unchecked((short)0xD000) : text.SequenceEqual("-Infinity"u8) ? unchecked((short)0xF000) : (short)0;
        if (special != 0)
        {
            Head(output, 0, 0, special, 0);
            return HeadBytes;
        }

        Span<byte> digits = text.Length <= 512 ? stackalloc byte[512] : new byte[text.Length];
        int count = 0;
        int scale = 0;
        bool isNegative = false;
        bool inFraction = false;
        for (int i = 0; i < text.Length; i++)
        {
            byte c = text[i];
            if (c is >= (byte)'0' and <= (byte)'9')
            {
                digits[count++] = c;
                scale += inFraction ? 1 : 0;
            }
            else if (c == '.' && !inFraction)
            {
                inFraction = true;
            }
            else if (i == 0 && c is (byte)'-' or (byte)'+')
            {
                isNegative = c == '-';
            }
            else if (c is (byte)'e' or (byte)'E' && count > 0 && Exponent(text[(i + 1)..], out int exponent))
            {
                scale -= exponent;
                break;
            }
            else
            {
                throw new UnfitValueException("a text is no number: is PENSTOCK_DECIMAL_HANDLING_MODE that of the source?");
            }
        }

        return count > 0 ? Put(isNegative, digits[..count], scale, output) : throw new UnfitValueException("a text is no number: is PENSTOCK_DECIMAL_HANDLING_MODE that of the source?");
    }

    private static bool Exponent(ReadOnlySpan<byte> text, out int exponent)
    {
        if (text.Length > 0 && text[0] == '+')
        {
            text = text[1..];
        }

        return Utf8Parser.TryParse(text, out exponent, out int used) && used == text.Length && Math.Abs(exponent) <= 400;
    }

    /// <param name="isNegative">Below zero.</param>
    /// <param name="digits">Decimal digits, most significant first.</param>
    /// <param name="scale">How many of them, counted from the end, stand behind the point; below zero: so many zeros follow.</param>
    /// <param name="output">Gets the binary form.</param>
    private static int Put(bool isNegative, ReadOnlySpan<byte> digits, int scale, Span<byte> output)
    {
        digits = digits.TrimStart((byte)'0');
        int shown = Math.Max(0, scale);
        if (digits.IsEmpty)
        {
            Head(output, 0, 0, 0, shown);
            return HeadBytes;
        }

        // Groups of four are counted from the point: the exponent of the last digit is -scale, and the last group begins at a multiple of four.
        int lowest = -scale;
        int lowestGroup = (int)Math.Floor(lowest / 4.0);
        int padding = lowest - (4 * lowestGroup);
        int total = digits.Length + padding;
        int groups = (total + 3) / 4;
        int first = total - (4 * (groups - 1));
        int at = HeadBytes;
        int kept = 0;
        int next = 0;
        for (int group = 0; group < groups; group++)
        {
            int value = 0;
            for (int i = group == 0 ? 4 - first : 0; i < 4; i++)
            {
                value = (value * 10) + (next < digits.Length ? digits[next] - '0' : 0);
                next++;
            }

            BinaryPrimitives.WriteInt16BigEndian(output[at..], (short)value);
            at += sizeof(short);
            // Zeros at the end are not stored.
            kept = value == 0 ? kept : group + 1;
        }

        Head(output, kept, lowestGroup + groups - 1, isNegative ? Negative : (short)0, shown);
        return HeadBytes + (kept * sizeof(short));
    }

    private static void Head(Span<byte> output, int digits, int weight, short sign, int scale)
    {
        BinaryPrimitives.WriteInt16BigEndian(output, (short)digits);
        BinaryPrimitives.WriteInt16BigEndian(output[2..], (short)weight);
        BinaryPrimitives.WriteInt16BigEndian(output[4..], sign);
        BinaryPrimitives.WriteInt16BigEndian(output[6..], (short)scale);
    }
}
