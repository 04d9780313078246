using Penstock.Debezium.Schemas;
using Penstock.Debezium.Transforms;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>
/// How the rows of one relation become events: built once per version of the relation, so that nothing is looked up or put together per row.
/// </summary>
internal sealed class RelationPlan
{
    /// <summary>The Relation message as it came: an equal one keeps the plan.</summary>
    public required byte[] Message { get; init; }

    public required Relation Relation { get; init; }

    /// <summary>The catalogue's view of the table when the plan was made; null if the table was gone.</summary>
    public required CatalogTable? Catalog { get; init; }

    /// <summary>False for a table that is not captured: its rows are passed over.</summary>
    public required bool Included { get; init; }

    /// <summary>Number of the table in the decoder's list of names.</summary>
    public required int Table { get; init; }

    /// <summary>Number of the topic.</summary>
    public required int Topic { get; init; }

    /// <summary>Fields of <c>before</c> and <c>after</c>.</summary>
    public required ColumnSlot[] Row { get; init; }

    /// <summary>False for a null key.</summary>
    public required bool HasKey { get; init; }

    /// <summary>Fields of the key; none where Debezium leaves out all the columns that make it, which gives <c>{}</c>.</summary>
    public required ColumnSlot[] Key { get; init; }

    /// <summary>The same fields as a header tells them.</summary>
    public required ColumnSlot[] HeaderKey { get; init; }

    /// <summary>Everything up to the key struct: empty, or <c>{"schema":...,"payload":</c>.</summary>
    public required byte[] KeyOpen { get; init; }

    /// <summary>What ends the key struct: a brace, and before it what the topic naming strategy adds.</summary>
    public required byte[] KeyClose { get; init; }

    /// <summary>What ends the key struct in a header that tells the other key of a key change: transforms come later and do not touch it.</summary>
    public required byte[] HeaderKeyClose { get; init; }

    /// <summary>Everything up to the value of <c>before</c>.</summary>
    public required byte[] ValueOpen { get; init; }

    /// <summary>From <c>"schema":</c> to <c>"txId":</c> of the source block.</summary>
    public required byte[] SourceTable { get; init; }

    /// <summary><c>schema.table</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Schema of a row, its fields in the order of <see cref="Row"/>.</summary>
    public required SchemaNode RowSchema { get; init; }

    /// <summary>How rows are written flat; null where they are not.</summary>
    public FlatShape? Flat { get; init; }

    /// <summary>The table's events in the transaction at hand.</summary>
    public required TransactionCount Count { get; init; }
}
