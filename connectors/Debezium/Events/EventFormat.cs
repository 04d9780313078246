using Penstock.Debezium.CloudEvents;
using Penstock.Debezium.Columns;
using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;
using Penstock.Postgres.Snapshot;

namespace Penstock.Debezium.Events;

/// <summary>
/// Everything that decides how a change becomes an event: Debezium's options of sections 1.3, 1.6, 1.7 and 1.12 that this decoder honours, immutable for the life of a pipeline.
/// </summary>
public sealed record EventFormat
{
    /// <summary><c>topic.prefix</c>: the logical server name.</summary>
    public required string TopicPrefix { get; init; }

    /// <summary>Database name, for <c>source.db</c>.</summary>
    public required string Database { get; init; }

    /// <summary><c>source.version</c>: the release whose format is spoken.</summary>
    public string SourceVersion { get; init; } = "3.6.1.Final";

    /// <summary><c>source.connector</c>.</summary>
    public string SourceConnector { get; init; } = "postgresql";

    /// <summary>Handling modes of the column types.</summary>
    public ValueModes Values { get; init; } = new();

    /// <summary>Topic names and the characters that are replaced in names.</summary>
    public NameRules Names { get; init; } = new();

    /// <summary>Masks, hashes, truncation and propagated source types of chosen columns.</summary>
    public ColumnRules Columns { get; init; } = ColumnRules.None;

    /// <summary><c>tombstones.on.delete</c>.</summary>
    public bool TombstonesOnDelete { get; init; } = true;

    /// <summary><c>skipped.operations</c>; Debezium's default is <c>t</c>.</summary>
    public EventOperations SkippedOperations { get; init; } = EventOperations.Truncate;

    /// <summary><c>skip.messages.without.change</c>.</summary>
    public bool SkipUnchanged { get; init; }

    /// <summary><c>key.converter.schemas.enable</c>.</summary>
    public bool KeySchemas { get; init; }

    /// <summary><c>value.converter.schemas.enable</c>.</summary>
    public bool ValueSchemas { get; init; }

    /// <summary><c>replace.null.with.default</c> of the converter: a NULL in a column with a default is written as the default.</summary>
    public bool ReplaceNullWithDefault { get; init; } = true;

    /// <summary><c>event.converting.failure.handling.mode=fail</c>: a value that has no form in Debezium's format is an error instead of a null.</summary>
    public bool FailOnUnrepresented { get; init; }

    /// <summary><c>provide.transaction.metadata</c>.</summary>
    public bool TransactionMetadata { get; init; }

    /// <summary><c>extended.headers.enabled</c>; Debezium's default is true, this project's is false.</summary>
    public bool ExtendedHeaders { get; init; }

    /// <summary><c>position.header.enabled</c>: each record of a change says its identity in a header.</summary>
    public bool PositionHeader { get; init; }

    /// <summary><c>traceparent.column</c>: the column whose text is the header traceparent of the row's events; null for none.</summary>
    public string? TraceParentColumn { get; init; }

    /// <summary><c>traceparent.message.prefix</c>: a transaction's message with this prefix holds the header traceparent of the events behind it; null for none.</summary>
    public string? TraceParentPrefix { get; init; }

    /// <summary><c>types.header.enabled</c>: each event of a row says the types of its table's columns in a header.</summary>
    public bool TypesHeader { get; init; }

    /// <summary>Value of the header <c>__debezium.context.runId</c>: a UUID for each start.</summary>
    public string RunId { get; init; } = "";

    /// <summary><c>message.key.columns</c>.</summary>
    public MessageKeyColumns MessageKeys { get; init; } = MessageKeyColumns.None;

    /// <summary><c>message.prefix.include.list</c> and <c>message.prefix.exclude.list</c>.</summary>
    public MessagePrefixes MessagePrefixes { get; init; } = MessagePrefixes.All;

    /// <summary><c>transforms</c>.</summary>
    public TransformSet Transforms { get; init; } = TransformSet.None;

    /// <summary>Values as CloudEvents, which Debezium's CloudEventsConverter writes; null for JsonConverter's.</summary>
    public CloudEventOptions? CloudEvents { get; init; }

    /// <summary>Where gap records go; null for the heartbeat topic.</summary>
    public string? GapTopic { get; init; }

    /// <summary><c>signal.data.collection</c>; null for no signals.</summary>
    public SignalTableName? SignalTable { get; init; }

    /// <summary><c>incremental.snapshot.watermarking.strategy=insert_delete</c>: the row that opened a window is deleted to close it.</summary>
    public bool ClosesWindowByDelete { get; init; }

    /// <summary>Of a chunk of a table without event key only the last row is written, as Debezium does: the others are lost (capture B1).</summary>
    public bool LastRowOfKeylessChunk { get; init; }

    /// <summary><c>notification.sink.topic.name</c>; null where no notifications become records.</summary>
    public string? NotificationTopic { get; init; }

    /// <summary><c>max.batch.size</c>: the most records in one batch.</summary>
    public int MaxBatchRecords { get; init; } = 2048;
}

/// <summary>The operations of <c>skipped.operations</c>.</summary>
[Flags]
public enum EventOperations
{
    None = 0,
    Create = 1,
    Update = 2,
    Delete = 4,
    Truncate = 8,
}
