using Penstock.Debezium.Events;
using Penstock.Postgres.Catalog;

namespace Penstock.Micro.Cases;

/// <summary>A table with a primary key on its first column, as its catalogue and as pgoutput tell it; the only table there is.</summary>
internal sealed class SampleTable(string name, params SampleColumn[] columns) : ICatalog, ITableSelection
{
    public const uint Oid = 20_001;

    /// <summary>OID of an enum, the only type that is not built in.</summary>
    public const uint States = 20_101;

    public string Name { get; } = name;

    public SampleColumn[] Columns { get; } = columns;

    public CatalogTable? FindTable(uint oid) => oid != Oid ? null : new CatalogTable(
        Oid,
        "public",
        Name,
        'r',
        'd',
        false,
        null,
        [.. Columns.Select((column, i) => column.Catalog(i + 1))],
        [Columns[0].Name],
        [new CatalogIndex($"{Name}_pkey", false, true, null, [Columns[0].Name])]);

    public CatalogType? FindType(uint oid) => oid != States ? null : new CatalogType(States, "public", "state", 'e', 0, 0, -1, false, ["new", "paid", "shipped", "returned"]);

    public bool Includes(string schema, string table) => true;

    public bool IncludesColumn(string schema, string table, string column) => true;

    /// <summary>The texts of a row.</summary>
    public string?[] Row(int number) => [.. Columns.Select(column => column.Text(number))];

    /// <summary>The row's key and NULLs for the rest, as an old row under REPLICA IDENTITY DEFAULT.</summary>
    public string?[] KeyOf(int number) => [Columns[0].Text(number), .. new string?[Columns.Length - 1]];
}
