using Penstock.Debezium.Schemas;
using Penstock.Debezium.Values;

namespace Penstock.Debezium.Columns;

/// <summary>Writes another encoder's values changed. What the option adds to the schema is not part of it.</summary>
internal abstract class ChangedEncoder(ValueEncoder column) : ValueEncoder
{
    public override SchemaNode Schema => Column.Schema;

    public override bool ReadsAsNull => Column.ReadsAsNull;

    public override long Losses => Column.Losses;

    /// <summary>The column's own encoder.</summary>
    protected ValueEncoder Column { get; } = column;

    /// <summary>What stands for a NULL of a NOT NULL column that has a default: the change sees the default as a value.</summary>
    /// <param name="json">The default, or null for none.</param>
    public abstract byte[]? ChangeDefault(byte[]? json);
}
