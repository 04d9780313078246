using System.Buffers;
using System.Buffers.Text;
using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>Octets in the form that <c>binary.handling.mode</c> asks for.</summary>
internal static class BinaryJson
{
    // Multiple of 3, so that base64 of one part needs no padding, and of the vector width of the hex decoder.
    private const int PartBytes = 768;

    public static SchemaNode Schema(BinaryMode mode) => new() { Type = mode == BinaryMode.Bytes ? "bytes" : "string" };

    public static void Write(ReadOnlySpan<byte> octets, BinaryMode mode, SlabWriter output)
    {
        output.WriteByte((byte)'"');
        if (mode == BinaryMode.Hex)
        {
            WriteHex(octets, output);
        }
        else
        {
            WriteBase64(octets, mode == BinaryMode.Base64UrlSafe, output);
        }

        output.WriteByte((byte)'"');
    }

    /// <summary>The same for octets that are given as hexadecimal digits.</summary>
    /// <exception cref="UnrepresentableValueException">They are not.</exception>
    public static void WriteHexDigits(ReadOnlySpan<byte> digits, BinaryMode mode, SlabWriter output)
    {
        if (digits.Length % 2 != 0)
        {
            throw UnrepresentableValueException.Not("hexadecimal digits");
        }

        output.WriteByte((byte)'"');
        Span<byte> part = stackalloc byte[PartBytes];
        while (!digits.IsEmpty)
        {
            var taken = digits[..Math.Min(digits.Length, PartBytes * 2)];
            if (Convert.FromHexString(taken, part, out _, out int octets) != OperationStatus.Done)
            {
                throw UnrepresentableValueException.Not("hexadecimal digits");
            }

            if (mode == BinaryMode.Hex)
            {
                WriteHex(part[..octets], output);
            }
            else
            {
                WriteBase64(part[..octets], mode == BinaryMode.Base64UrlSafe, output);
            }

            digits = digits[taken.Length..];
        }

        output.WriteByte((byte)'"');
    }

    /// <summary>Base64 without quotes.</summary>
    public static void WriteBase64(ReadOnlySpan<byte> octets, bool urlSafe, SlabWriter output)
    {
        int length = Base64.GetMaxEncodedToUtf8Length(octets.Length);
        var target = output.GetSpan(length);
        Base64.EncodeToUtf8(octets, target, out _, out int written);
        if (urlSafe)
        {
            // Java's URL encoder keeps the padding, which Base64Url leaves out.
            target[..written].Replace((byte)'+', (byte)'-');
            target[..written].Replace((byte)'/', (byte)'_');
        }

        output.Advance(written);
    }

    private static void WriteHex(ReadOnlySpan<byte> octets, SlabWriter output)
    {
        Convert.TryToHexStringLower(octets, output.GetSpan(octets.Length * 2), out int written);
        output.Advance(written);
    }
}
