using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary><c>include.unknown.datatypes</c>: the bytes of the text of a type that Debezium does not know.</summary>
internal sealed class OpaqueEncoder(EncoderContext context)
    : WireEncoder(BinaryJson.Schema(context.Modes.Binary), [.. "\"\""u8], ByteaEncoder.Unavailable(context))
{
    private readonly BinaryMode _mode = context.Modes.Binary;

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output) => BinaryJson.Write(text, _mode, output);
}
