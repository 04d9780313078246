using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Apply;

/// <summary>A column of a target table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeOid">Its type; of a domain the base type.</param>
/// <param name="TypeModifier">Of the column, or of the domain where that has one; -1 for none.</param>
/// <param name="TypeName">As SQL writes it, without modifier: the target of a cast from text.</param>
/// <param name="ElementOid">Of an array its elements' type, else 0.</param>
/// <param name="IsGenerated">Computed by the server: never written.</param>
/// <param name="IsNotNull">Must have a value.</param>
/// <param name="HasDefault">Has a default or is an identity.</param>
public sealed record TargetColumn(
    string Name, uint TypeOid, int TypeModifier, string TypeName, uint ElementOid, bool IsGenerated, bool IsNotNull, bool HasDefault)
{
    /// <summary>What the staging table holds for it.</summary>
    public StageType Stage { get; } = StageTypes.Of(TypeOid);
}

/// <summary>A table that rows are applied to, as it was when it was looked at.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="Columns">All that may be written, in the table's order.</param>
/// <param name="Key">Places in <paramref name="Columns"/> of the key: the primary key's, or what <c>primary.key.fields</c> names; empty for none.</param>
public sealed record TargetTable(string Schema, string Name, IReadOnlyList<TargetColumn> Columns, IReadOnlyList<int> Key)
{
    /// <summary>Quoted, for SQL.</summary>
    public string QualifiedName { get; } = SqlName.Qualified(Schema, Name);

    /// <summary>Its number among the tables of a run; names its staging tables.</summary>
    public int Number { get; init; }

    /// <summary>Length of the longest chain of foreign keys that begins here: tables are written in this order.</summary>
    public int ReferenceDepth { get; init; }

    /// <summary>Both looks at the table saw the same columns and key.</summary>
    public bool IsAs(TargetTable other) => Columns.SequenceEqual(other.Columns) && Key.SequenceEqual(other.Key);

    /// <summary>Every column travels in binary form under its own type: rows may be copied into the table itself.</summary>
    public bool CanCopyDirectly { get; } = Columns.All(column => column.Stage.IsExact);

    public override string ToString() => $"{Schema}.{Name}";
}
