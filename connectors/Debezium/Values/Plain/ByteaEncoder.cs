using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>bytea in the output format hex (<c>\x</c> and digits), which the connection asks for.</summary>
internal sealed class ByteaEncoder(EncoderContext context)
    : WireEncoder(BinaryJson.Schema(context.Modes.Binary), [.. "\"\""u8], Unavailable(context))
{
    private readonly BinaryMode _mode = context.Modes.Binary;

    /// <summary>base64 modes give null, because an object slips through the converter (capture A17).</summary>
    public static byte[]? Unavailable(EncoderContext context) => context.Modes.Binary switch
    {
        BinaryMode.Bytes => context.Placeholder.Base64,
        BinaryMode.Hex => context.Placeholder.Text,
        BinaryMode.Base64 when context.IsCorrect => context.Placeholder.Base64,
        _ => context.IsCorrect ? context.Placeholder.Base64UrlSafe : null,
    };

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (!text.StartsWith("\\x"u8))
        {
            throw UnrepresentableValueException.Not("bytea in hex format (bytea_output = 'hex')");
        }

        BinaryJson.WriteHexDigits(text[2..], _mode, output);
    }
}
