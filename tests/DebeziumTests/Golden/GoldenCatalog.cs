using System.Text.Json;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Wal;

namespace Penstock.DebeziumTests.Golden;

/// <summary>The catalogue of a case: several versions, each from an LSN on. <see cref="At"/> chooses.</summary>
internal sealed class GoldenCatalog : ICatalog
{
    private readonly List<(ulong Lsn, Dictionary<uint, CatalogTable> Tables, Dictionary<uint, CatalogType> Types)> _versions = [];
    private int _current;

    public GoldenCatalog(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        foreach (var version in document.RootElement.GetProperty("catalogs").EnumerateArray())
        {
            if (!Lsn.TryParse(version.GetProperty("lsn").GetString(), out var lsn))
            {
                throw new FormatException("an lsn is not two hexadecimal numbers with a slash between them");
            }

            _versions.Add((
                lsn.Value,
                version.GetProperty("tables").EnumerateArray().Select(Table).ToDictionary(t => t.Oid),
                version.GetProperty("types").EnumerateArray().Select(Type).ToDictionary(t => t.Oid)));
        }
    }

    /// <summary>Number of the newest version at or before an LSN.</summary>
    public int VersionAt(ulong lsn) => Math.Max(0, _versions.FindLastIndex(v => v.Lsn <= lsn));

    /// <summary>What is asked from now on is answered by this version.</summary>
    public void At(int version) => _current = version;

    /// <summary>The OID of a table at setup, by its name.</summary>
    public uint? FindTable(string schema, string name) => _versions[0].Tables.Values.FirstOrDefault(t => t.Schema == schema && t.Name == name)?.Oid;

    /// <summary>The OID of a type at setup, by its name.</summary>
    public uint? FindType(string schema, string name) => _versions[0].Types.Values.FirstOrDefault(t => t.Schema == schema && t.Name == name)?.Oid;

    public CatalogTable? FindTable(uint oid) => _versions[_current].Tables.GetValueOrDefault(oid);

    /// <summary>As the type was when it was first there: Debezium reads no type again.</summary>
    public CatalogType? FindType(uint oid) => _versions.Take(_current + 1).Select(v => v.Types.GetValueOrDefault(oid)).FirstOrDefault(t => t is not null);

    private static CatalogTable Table(JsonElement table) => new(
        table.GetProperty("oid").GetUInt32(),
        Text(table, "schema"),
        Text(table, "name"),
        Text(table, "kind")[0],
        Text(table, "replicaIdentity")[0],
        table.GetProperty("isPartition").GetBoolean(),
        table.GetProperty("parentOid") is { ValueKind: JsonValueKind.Number } parent ? parent.GetUInt32() : null,
        [.. table.GetProperty("columns").EnumerateArray().Select(Column)],
        [.. table.GetProperty("primaryKey").EnumerateArray().Select(c => c.GetString()!)],
        [.. table.GetProperty("uniqueIndexes").EnumerateArray().Select(Index)]);

    private static CatalogColumn Column(JsonElement column) => new(
        Text(column, "name"),
        column.GetProperty("attnum").GetInt32(),
        Text(column, "type"),
        column.GetProperty("typeOid").GetUInt32(),
        column.GetProperty("typmod").GetInt32(),
        column.GetProperty("notNull").GetBoolean(),
        Text(column, "identity"),
        Text(column, "generated"),
        column.GetProperty("defaultExpression").GetString(),
        column.GetProperty("ndims").GetInt32());

    private static CatalogIndex Index(JsonElement index) => new(
        Text(index, "name"),
        index.GetProperty("isReplicaIdentity").GetBoolean(),
        index.GetProperty("isPrimary").GetBoolean(),
        index.GetProperty("predicate").GetString(),
        [.. index.GetProperty("columns").EnumerateArray().Select(c => c.GetString())]);

    private static CatalogType Type(JsonElement type) => new(
        type.GetProperty("oid").GetUInt32(),
        Text(type, "schema"),
        Text(type, "typname"),
        Text(type, "typtype")[0],
        type.GetProperty("typelem").GetUInt32(),
        type.GetProperty("typbasetype").GetUInt32(),
        type.GetProperty("typtypmod").GetInt32(),
        type.GetProperty("typnotnull").GetBoolean(),
        type.TryGetProperty("enumLabels", out var labels) && labels.ValueKind == JsonValueKind.Array ? [.. labels.EnumerateArray().Select(l => l.GetString()!)] : []);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
