using Penstock.Debezium.Events;
using Penstock.Postgres.Catalog;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>The selection of the Postgres room as the event format asks for it.</summary>
internal sealed class CatalogSelection(TableSelection selection) : ITableSelection
{
    public bool Includes(string schema, string table) => selection.Includes(schema, table);

    public bool IncludesColumn(string schema, string table, string column) => selection.IncludesColumn(schema, table, column);
}
