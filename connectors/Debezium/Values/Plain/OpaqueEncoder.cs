using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary><c>include.unknown.datatypes</c>: the bytes of the text of a type that Debezium does not know.</summary>
internal sealed class OpaqueEncoder(BinaryMode mode, Placeholder placeholder)
    : WireEncoder(BinaryJson.Schema(mode), [.. "\"\""u8], ByteaEncoder.Unavailable(mode, placeholder))
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output) => BinaryJson.Write(text, mode, output);
}
