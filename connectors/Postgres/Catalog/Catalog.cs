namespace Penstock.Postgres.Catalog;

/// <summary>What the stream does not say about tables and types: keys, nullability, defaults, enum labels.</summary>
/// <remarks>Shows the catalogue of today, not of the LSN being decoded; where the two differ, the Relation message wins for names, order and types.</remarks>
public interface ICatalog
{
    /// <summary>The table with this OID, or null if it is gone.</summary>
    CatalogTable? FindTable(uint oid);

    /// <summary>A type that is not built in (OID >= 16384), or null.</summary>
    CatalogType? FindType(uint oid);

    /// <summary>A Relation or Type message says that this table or type may have changed: what is kept of it is old. Nothing to do for a catalogue that keeps nothing.</summary>
    void Invalidate(uint oid)
    {
    }
}

/// <param name="Oid">pg_class.oid.</param>
/// <param name="Schema">Namespace.</param>
/// <param name="Name">Name.</param>
/// <param name="Kind">relkind: r, p.</param>
/// <param name="ReplicaIdentity">relreplident: d, n, f, i.</param>
/// <param name="IsPartition">relispartition.</param>
/// <param name="ParentOid">Parent of a partition.</param>
/// <param name="Columns">In attnum order, dropped ones left out.</param>
/// <param name="PrimaryKey">Column names in key order; empty without a primary key.</param>
/// <param name="UniqueIndexes">Unique indexes by name order, the primary key's among them.</param>
public sealed record CatalogTable(
    uint Oid,
    string Schema,
    string Name,
    char Kind,
    char ReplicaIdentity,
    bool IsPartition,
    uint? ParentOid,
    CatalogColumn[] Columns,
    string[] PrimaryKey,
    CatalogIndex[] UniqueIndexes);

/// <param name="Name">attname.</param>
/// <param name="Number">attnum.</param>
/// <param name="Type">format_type() text, such as <c>numeric(10,2)</c>.</param>
/// <param name="TypeOid">atttypid.</param>
/// <param name="TypeModifier">atttypmod.</param>
/// <param name="NotNull">attnotnull, and every row was checked.</param>
/// <param name="Identity">attidentity: "", a, d.</param>
/// <param name="Generated">attgenerated: "", s, v.</param>
/// <param name="DefaultExpression">pg_get_expr of the default, or of what a generated column is made of: Debezium takes both for a default. Null if there is none.</param>
/// <param name="Dimensions">attndims.</param>
public sealed record CatalogColumn(
    string Name,
    int Number,
    string Type,
    uint TypeOid,
    int TypeModifier,
    bool NotNull,
    string Identity,
    string Generated,
    string? DefaultExpression,
    int Dimensions);

/// <param name="Name">Index name.</param>
/// <param name="IsReplicaIdentity">indisreplident.</param>
/// <param name="IsPrimary">indisprimary.</param>
/// <param name="Predicate">WHERE of a partial index, null if none.</param>
/// <param name="Columns">Column names; null entries stand for expressions.</param>
public sealed record CatalogIndex(string Name, bool IsReplicaIdentity, bool IsPrimary, string? Predicate, string?[] Columns);

/// <param name="Oid">pg_type.oid.</param>
/// <param name="Schema">Namespace.</param>
/// <param name="Name">typname.</param>
/// <param name="Kind">typtype: b base, c composite, d domain, e enum, r range, m multirange.</param>
/// <param name="ElementOid">Element type of an array, else 0.</param>
/// <param name="BaseOid">Base type of a domain, else 0.</param>
/// <param name="BaseModifier">Type modifier of a domain, else -1.</param>
/// <param name="NotNull">typnotnull of a domain.</param>
/// <param name="EnumLabels">Labels in enumsortorder, empty if no enum.</param>
public sealed record CatalogType(uint Oid, string Schema, string Name, char Kind, uint ElementOid, uint BaseOid, int BaseModifier, bool NotNull, string[] EnumLabels);
