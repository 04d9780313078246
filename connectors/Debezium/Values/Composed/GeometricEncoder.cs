using System.Buffers;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>
/// box, lseg, path, polygon, line and circle with <c>include.unknown.datatypes</c>: the text of the JDBC driver's object, in which every coordinate is a Java
/// double (<c>(1.0,2.0)</c>), as bytes.
/// </summary>
internal sealed class GeometricEncoder(EncoderContext context)
    : WireEncoder(BinaryJson.Schema(context.Modes.Binary), [.. "\"\""u8], ByteaEncoder.Unavailable(context))
{
    private readonly BinaryMode _mode = context.Modes.Binary;


    private static readonly SearchValues<byte> Punctuation = SearchValues.Create("()[]{}<>,"u8);

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        // Every number is followed by one of the punctuation bytes, so there are at most half as many numbers as bytes.
        byte[] java = ArrayPool<byte>.Shared.Rent(text.Length + ((text.Length / 2) + 1) * JavaFloatText.LongestBytes);
        try
        {
            int length = 0;
            while (!text.IsEmpty)
            {
                int end = text.IndexOfAny(Punctuation);
                if (end < 0)
                {
                    throw UnrepresentableValueException.Not("a geometric value");
                }

                if (end > 0)
                {
                    length += WriteNumber(text[..end], java.AsSpan(length));
                }

                java[length++] = text[end];
                text = text[(end + 1)..];
            }

            BinaryJson.Write(java.AsSpan(0, length), _mode, output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(java);
        }
    }

    private static int WriteNumber(ReadOnlySpan<byte> number, Span<byte> target)
    {
        if (!JavaFloatText.IsSpecial(number))
        {
            return JavaFloatText.FormatDouble(number, target);
        }

        number.CopyTo(target);
        return number.Length;
    }
}
