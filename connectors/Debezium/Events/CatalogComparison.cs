using Penstock.Postgres.Catalog;

namespace Penstock.Debezium.Events;

/// <summary>Whether the catalogue says the same about a table as before. A Relation message alone does not tell: it knows no NOT NULL, no default and no unique index.</summary>
internal static class CatalogComparison
{
    public static bool Same(CatalogTable? one, CatalogTable? other)
    {
        if (one is null || other is null || ReferenceEquals(one, other))
        {
            return ReferenceEquals(one, other);
        }

        return one.Schema == other.Schema
            && one.Name == other.Name
            && one.ReplicaIdentity == other.ReplicaIdentity
            && one.Columns.AsSpan().SequenceEqual(other.Columns)
            && one.PrimaryKey.AsSpan().SequenceEqual(other.PrimaryKey)
            && one.UniqueIndexes.Length == other.UniqueIndexes.Length
            && one.UniqueIndexes.Zip(other.UniqueIndexes).All(p => Same(p.First, p.Second));
    }

    public static bool Same(CatalogType[] some, CatalogType[] others) => some.Length == others.Length && some.Zip(others).All(p => Same(p.First, p.Second));

    private static bool Same(CatalogType one, CatalogType other) =>
        one with { EnumLabels = other.EnumLabels } == other && one.EnumLabels.AsSpan().SequenceEqual(other.EnumLabels);

    private static bool Same(CatalogIndex one, CatalogIndex other) =>
        one.Name == other.Name && one.Predicate == other.Predicate && one.Columns.AsSpan().SequenceEqual(other.Columns);
}
