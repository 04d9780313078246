using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>bytea in the output format hex (<c>\x</c> and digits), which the connection asks for.</summary>
internal sealed class ByteaEncoder(BinaryMode mode, Placeholder placeholder)
    : WireEncoder(BinaryJson.Schema(mode), [.. "\"\""u8], Unavailable(mode, placeholder))
{
    /// <summary>base64 modes give null, because an object slips through the converter (capture A17).</summary>
    public static byte[]? Unavailable(BinaryMode mode, Placeholder placeholder) => mode switch
    {
        BinaryMode.Bytes => placeholder.Base64,
        BinaryMode.Hex => placeholder.Text,
        _ => null,
    };

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (!text.StartsWith("\\x"u8))
        {
            throw UnrepresentableValueException.Not("bytea in hex format (bytea_output = 'hex')");
        }

        BinaryJson.WriteHexDigits(text[2..], mode, output);
    }
}
