using System.Buffers;
using System.Globalization;
using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>bit(n) and bit varying(n): little-endian bytes without the zero bytes at the upper end.</summary>
/// <param name="lengthBits">n.</param>
/// <param name="unavailable">JSON for a value that is not there, null for none.</param>
internal sealed class BitsEncoder(int lengthBits, byte[]? unavailable = null) : WireEncoder(SchemaOf(lengthBits), [.. "\"\""u8], unavailable)
{
    private const int StackBytes = 512;

    public static SchemaNode SchemaOf(int lengthBits) => new()
    {
        Type = "bytes",
        Name = "io.debezium.data.Bits",
        Version = 1,
        Parameters = [new("length", lengthBits.ToString(CultureInfo.InvariantCulture))],
    };

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        int bytes = (text.Length + 7) / 8;
        byte[]? rented = bytes <= StackBytes ? null : ArrayPool<byte>.Shared.Rent(bytes);
        var octets = rented is null ? stackalloc byte[StackBytes] : rented;
        octets = octets[..bytes];
        octets.Clear();
        try
        {
            for (int i = 0; i < text.Length; i++)
            {
                uint bit = (uint)text[text.Length - 1 - i] - '0';
                if (bit > 1)
                {
                    throw UnrepresentableValueException.Not("a bit string");
                }

                octets[i >> 3] |= (byte)(bit << (i & 7));
            }

            BinaryJson.Write(octets.TrimEnd((byte)0), BinaryMode.Bytes, output);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }
}
