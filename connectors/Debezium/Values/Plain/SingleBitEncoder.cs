using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>bit(1) and bit varying(1): a boolean. An empty bit string is null (capture B10).</summary>
internal sealed class SingleBitEncoder() : WireEncoder(new SchemaNode { Type = "boolean" }, [.. "false"u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (text.ContainsAnyExcept((byte)'0', (byte)'1'))
        {
            throw UnrepresentableValueException.Not("a bit string");
        }

        if (text.Length > 1)
        {
            // A column of type bit without a length, as CREATE TABLE AS makes it.
            Lose();
        }

        output.Write(text.IsEmpty ? "null"u8 : text.Contains((byte)'1') ? "true"u8 : "false"u8);
    }
}
