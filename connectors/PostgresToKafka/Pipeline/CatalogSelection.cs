using Penstock.Debezium.Events;
using Penstock.Postgres.Catalog;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>The selection of the Postgres room as the event format asks for it.</summary>
internal sealed class CatalogSelection(TableSelection selection) : ITableSelection
{
    public bool Includes(string schema, string table) => selection.Includes(schema, table);

    public bool IncludesColumn(string schema, string table, string column) => selection.IncludesColumn(schema, table, column);
}

/// <summary>The catalogue as it is now: the decoder asks for a table only when the stream says that it is new or has changed, so what was cached before then is old.</summary>
internal sealed class PresentCatalog(PostgresCatalog catalog) : ICatalog
{
    public CatalogTable? FindTable(uint oid)
    {
        catalog.Invalidate(oid);
        return catalog.FindTable(oid);
    }

    public CatalogType? FindType(uint oid) => catalog.FindType(oid);
}
