using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>A column that is in the schema and always null in the row (captures A6: <c>name</c> in the stream, A9: <c>bit[]</c>).</summary>
/// <param name="schema">Its schema.</param>
/// <param name="zero">JSON of <see cref="ValueEncoder.WriteZero"/>.</param>
/// <param name="readsAsNull">Whether Debezium sees a NULL (a default applies) or fails to convert (null goes out).</param>
internal sealed class NullEncoder(SchemaNode schema, byte[] zero, bool readsAsNull) : WireEncoder(schema, zero)
{
    public override bool ReadsAsNull { get; } = readsAsNull;

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output) => output.Write("null"u8);
}
