using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>An encoder whose stand-ins for absent values are known when it is made.</summary>
/// <param name="schema">The column's schema.</param>
/// <param name="zero">JSON of <see cref="ValueEncoder.WriteZero"/>.</param>
/// <param name="unavailable">JSON of <see cref="ValueEncoder.WriteUnavailable"/>; <c>null</c> for every type for which Debezium has no placeholder.</param>
internal abstract class WireEncoder(SchemaNode schema, byte[] zero, byte[]? unavailable = null) : ValueEncoder
{
    private readonly byte[] _zero = zero;
    private readonly byte[] _unavailable = unavailable ?? [.. "null"u8];

    public sealed override SchemaNode Schema { get; } = schema;

    public sealed override void WriteUnavailable(SlabWriter output) => output.Write(_unavailable);

    public sealed override void WriteZero(SlabWriter output) => output.Write(_zero);

    /// <summary>
    /// Writes the value of a column default, already taken out of its expression. Debezium reads a few types otherwise here than in a row.
    /// </summary>
    /// <exception cref="UnrepresentableValueException">Debezium gives the schema no default.</exception>
    public virtual void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output) => Write(text, output);
}
