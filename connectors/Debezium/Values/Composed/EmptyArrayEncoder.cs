using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>int2vector and oidvector: Debezium takes them for arrays, finds no brace in their text, and writes none of the elements.</summary>
/// <param name="element">Encoder of the element type, for the schema.</param>
internal sealed class EmptyArrayEncoder(ValueEncoder element)
    : WireEncoder(new SchemaNode { Type = "array", Items = element.Schema with { Optional = false } }, [.. "[]"u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (!text.IsEmpty)
        {
            Lose();
        }

        output.Write("[]"u8);
    }
}
