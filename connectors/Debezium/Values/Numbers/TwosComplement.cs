using System.Buffers;
using System.Buffers.Binary;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>BigInteger.toByteArray in base64: big-endian two's complement, as few bytes as hold the sign.</summary>
internal static class TwosComplement
{
    // 10^38 - 1 < 2^127: the sum and its negative fit Int128.
    private const int WideDigits = 38;

    // 10^19 < 2^64: as many digits as one limb takes at once.
    private const int LimbDigits = 19;

    // One decimal digit is 3.33 bits; 19 digits of 63.1 bits in a limb of 64 leave room, one more limb holds the sign.
    private const int SpareLimbs = 2;

    private static readonly ulong[] PowersOfTen = Powers();

    /// <summary>Writes the digits of the number, followed by <paramref name="zeros"/> zeros, as one integer: a quoted base64 string.</summary>
    public static void Write(NumericText number, int zeros, SlabWriter output)
    {
        if (number.Whole.Length + number.Fraction.Length + zeros > WideDigits)
        {
            WriteLimbs(number, zeros, output);
            return;
        }

        UInt128 magnitude = Append(Append(0, number.Whole), number.Fraction);
        for (; zeros > 0; zeros -= LimbDigits)
        {
            magnitude *= PowersOfTen[Math.Min(zeros, LimbDigits)];
        }

        Write(number.Negative ? -(Int128)magnitude : (Int128)magnitude, output);
    }

    public static void Write(Int128 value, SlabWriter output)
    {
        Span<byte> octets = stackalloc byte[16];
        BinaryPrimitives.WriteInt128BigEndian(octets, value);
        BinaryJson.Write(Trim(octets), BinaryMode.Bytes, output);
    }

    private static UInt128 Append(UInt128 magnitude, ReadOnlySpan<byte> digits)
    {
        while (!digits.IsEmpty)
        {
            var part = digits[..Math.Min(digits.Length, LimbDigits)];
            magnitude = (magnitude * PowersOfTen[part.Length]) + Read(part);
            digits = digits[part.Length..];
        }

        return magnitude;
    }

    private static void WriteLimbs(NumericText number, int zeros, SlabWriter output)
    {
        int digits = number.Whole.Length + number.Fraction.Length + zeros;
        int capacity = (digits / LimbDigits) + SpareLimbs + 2;
        ulong[] limbs = ArrayPool<ulong>.Shared.Rent(capacity);
        byte[] octets = ArrayPool<byte>.Shared.Rent(capacity * sizeof(ulong));
        try
        {
            int count = Append(limbs, 0, number.Whole);
            count = Append(limbs, count, number.Fraction);
            for (; zeros > 0; zeros -= LimbDigits)
            {
                count = MultiplyAdd(limbs, count, PowersOfTen[Math.Min(zeros, LimbDigits)], 0);
            }

            limbs[count++] = 0;
            if (number.Negative)
            {
                Negate(limbs.AsSpan(0, count));
            }

            for (int i = 0; i < count; i++)
            {
                BinaryPrimitives.WriteUInt64BigEndian(octets.AsSpan((count - 1 - i) * sizeof(ulong)), limbs[i]);
            }

            BinaryJson.Write(Trim(octets.AsSpan(0, count * sizeof(ulong))), BinaryMode.Bytes, output);
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(limbs);
            ArrayPool<byte>.Shared.Return(octets);
        }
    }

    private static int Append(ulong[] limbs, int count, ReadOnlySpan<byte> digits)
    {
        while (!digits.IsEmpty)
        {
            var part = digits[..Math.Min(digits.Length, LimbDigits)];
            count = MultiplyAdd(limbs, count, PowersOfTen[part.Length], Read(part));
            digits = digits[part.Length..];
        }

        return count;
    }

    /// <summary>limbs = limbs × factor + carry, least significant limb first; returns the new count.</summary>
    private static int MultiplyAdd(ulong[] limbs, int count, ulong factor, ulong carry)
    {
        for (int i = 0; i < count; i++)
        {
            ulong high = Math.BigMul(limbs[i], factor, out ulong low);
            low += carry;
            carry = high + (low < carry ? 1UL : 0);
            limbs[i] = low;
        }

        if (carry != 0)
        {
            limbs[count++] = carry;
        }

        return count;
    }

    private static void Negate(Span<ulong> limbs)
    {
        bool carry = true;
        foreach (ref ulong limb in limbs)
        {
            limb = ~limb + (carry ? 1UL : 0);
            carry = carry && limb == 0;
        }
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> octets)
    {
        int start = 0;
        while (start < octets.Length - 1
            && ((octets[start] == 0 && octets[start + 1] < 0x80) || (octets[start] == 0xFF && octets[start + 1] >= 0x80)))
        {
            start++;
        }

        return octets[start..];
    }

    private static ulong Read(ReadOnlySpan<byte> digits)
    {
        ulong value = 0;
        foreach (byte digit in digits)
        {
            value = (value * 10) + (ulong)(digit - '0');
        }

        return value;
    }

    private static ulong[] Powers()
    {
        var powers = new ulong[LimbDigits + 1];
        powers[0] = 1;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * 10;
        }

        return powers;
    }
}
