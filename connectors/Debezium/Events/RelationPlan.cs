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
    /// <summary>Stands for the plan in events of no table.</summary>
    public static RelationPlan OfNoTable { get; } = Empty([], new Relation(0, "", "", 'd', []), null, "", isOwn: false);

    /// <summary>The Relation message as it came: an equal one keeps the plan.</summary>
    public required byte[] Message { get; init; }

    public required Relation Relation { get; init; }

    /// <summary>The catalogue's view of the table when the plan was made; null if the table was gone.</summary>
    public required CatalogTable? Catalog { get; init; }

    /// <summary>False for a table that is not captured: its rows are passed over.</summary>
    public required bool Included { get; init; }

    /// <summary>A table of this product's own schema.</summary>
    public bool IsOwn { get; init; }

    /// <summary>It is the table of the signals.</summary>
    public bool IsSignalTable { get; init; }

    /// <summary>Place of the column that holds the header traceparent; -1 for none.</summary>
    public int TraceParentColumn { get; init; } = -1;

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

    /// <summary>
    /// The old row that the server sends does not hold the whole key, so that neither a delete nor a change of the key can be told: the table takes inserts only. Set where
    /// correctness is asked for; Debezium writes zeros (capture B2).
    /// </summary>
    public bool KeyMayBeAbsent { get; init; }

    /// <summary>Everything up to the key struct: empty, or <c>{"schema":...,"payload":</c>.</summary>
    public required byte[] KeyOpen { get; init; }

    /// <summary>What ends the key struct: a brace, and before it what the topic naming strategy adds.</summary>
    public required byte[] KeyClose { get; init; }

    /// <summary>Everything up to the value of <c>before</c>.</summary>
    public required byte[] ValueOpen { get; init; }

    /// <summary>From <c>"schema":</c> to <c>"txId":</c> of the source block.</summary>
    public required byte[] SourceTable { get; init; }

    /// <summary>The header <see cref="TypesHeader"/> as it stands in a record; empty for none.</summary>
    public byte[] Types { get; init; } = [];

    /// <summary><c>schema.table</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Schema of a row, its fields in the order of <see cref="Row"/>.</summary>
    public required SchemaNode RowSchema { get; init; }

    /// <summary>The key for transforms, which make others of it; null for a null key.</summary>
    public KeyShape? KeyShape { get; init; }

    /// <summary>The envelope for transforms, likewise; null where the format has none.</summary>
    public EnvelopeShape? Envelope { get; init; }

    /// <summary>The table's events in the transaction at hand.</summary>
    public required TransactionCount Count { get; init; }

    /// <summary>The plan of a table that is not captured.</summary>
    public static RelationPlan Empty(byte[] message, Relation relation, CatalogTable? table, string name, bool isOwn) => new()
    {
        Message = message,
        Relation = relation,
        Catalog = table,
        Included = false,
        IsOwn = isOwn,
        Table = -1,
        Topic = -1,
        Row = [],
        HasKey = false,
        Key = [],
        HeaderKey = [],
        KeyOpen = [],
        KeyClose = [],
        ValueOpen = [],
        SourceTable = [],
        Name = name,
        RowSchema = EventSchemas.Table("", []),
        Count = new TransactionCount(""),
    };
}
