using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>real.</summary>
internal sealed class FloatEncoder() : WireEncoder(new SchemaNode { Type = "float" }, [.. "0.0"u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output) => JavaFloatText.WriteFloat(text, output);
}

/// <summary>double precision, and numeric with <c>decimal.handling.mode=double</c>, whose text has no exponent but reads the same.</summary>
/// <param name="unavailable">JSON for a value that is not there, null for none.</param>
internal sealed class DoubleEncoder(byte[]? unavailable = null) : WireEncoder(new SchemaNode { Type = "double" }, [.. "0.0"u8], unavailable)
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output) => JavaFloatText.WriteDouble(text, output);
}
