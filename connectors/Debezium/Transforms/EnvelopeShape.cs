using Penstock.Debezium.Events;
using Penstock.Debezium.Schemas;

namespace Penstock.Debezium.Transforms;

/// <summary>How the envelopes of one relation are written. Never changes; a transform makes another one.</summary>
/// <param name="name">Name of the envelope's schema.</param>
/// <param name="row">Schema of a row, its fields in the order of <paramref name="slots"/>.</param>
/// <param name="slots">The columns.</param>
/// <param name="withSchema">Whether the schema is written.</param>
internal sealed class EnvelopeShape(string name, SchemaNode row, ColumnSlot[] slots, bool withSchema)
{
    public SchemaNode Row => row;

    public ColumnSlot[] Slots => slots;

    public bool WithSchema => withSchema;

    /// <summary>Everything up to the value of <c>before</c>.</summary>
    public byte[] Open { get; } = RelationPlanner.PayloadOpen(withSchema, EventSchemas.Envelope(name, row), "{\"before\":");

    /// <summary>The envelope under other schema names.</summary>
    public EnvelopeShape Renamed(string envelope, string value) => new(envelope, row with { Name = value }, slots, withSchema);
}
