using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>boolean: <c>t</c> and <c>f</c>.</summary>
internal sealed class BooleanEncoder() : WireEncoder(new SchemaNode { Type = "boolean" }, [.. "false"u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (text.Length != 1 || text[0] is not ((byte)'t' or (byte)'f'))
        {
            throw UnrepresentableValueException.Not("a boolean");
        }

        output.Write(text[0] == 't' ? "true"u8 : "false"u8);
    }

    // Boolean.parseBoolean: everything but "true" is false.
    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output) =>
        output.Write(text.SequenceEqual("true"u8) ? "true"u8 : "false"u8);
}
