using Penstock.Postgres.Catalog;

namespace Penstock.Postgres.Snapshot;

/// <summary>What a snapshot reads and how it ends.</summary>
public sealed record SnapshotRequest
{
    /// <summary>The tables to read (<see cref="CapturedTables.ToSnapshot"/>), in the order of reading (<see cref="CapturedTables.InSnapshotOrder"/>).</summary>
    public required IReadOnlyList<CapturedTable> Tables { get; init; }

    /// <summary>SELECT statements of the user's by <c>schema.table</c>; the rows of the other tables are all read.</summary>
    public IReadOnlyDictionary<string, string> Statements { get; init; } = new Dictionary<string, string>();

    /// <summary>How long the ACCESS SHARE lock of each table is waited for at the start, 0 for ever; null: no table is locked before it is read.</summary>
    public int? LockTimeoutMs { get; init; }

    /// <summary>
    /// The slot that <see cref="SnapshotReader.Complete"/> makes at the snapshot's LSN. Null: the snapshot runs in an ordinary repeatable-read transaction, because the slot
    /// exists already (then the stream repeats changes that the snapshot shows) or none is wanted (<c>initial_only</c>).
    /// </summary>
    public string? NewSlot { get; init; }

    /// <summary>
    /// The publication whose columns the rows have, so that a row looks as it does in the stream. Null: all columns, generated ones and those that a column list of the publication leaves out too,
    /// as Debezium reads them (captures A7).
    /// </summary>
    public string? PublishedBy { get; init; }

    /// <summary>How long the slot's creation waits for older transactions.</summary>
    public int SlotTimeoutMs { get; init; } = 90_000;

    /// <summary>Ends that wait early; the reader itself ends by <see cref="SnapshotReader.Stop"/>.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>The most rows of a batch; a full slab ends it earlier.</summary>
    public int MaxRowsPerBatch { get; init; } = 2048;

    /// <summary>By OID: SELECT statements of the user's that give the rows in place of the table, with its columns.</summary>
    public IReadOnlyDictionary<uint, string> Selects { get; init; } = new Dictionary<uint, string>();

    /// <summary>Told when the reading of a table begins, and when it is done. The reader's thread.</summary>
    public Action<SnapshotProgress> OnTable { get; init; } = _ => { };

    /// <summary>Told when the slot's creation has to wait, and for whom.</summary>
    public Action<string> OnWaiting { get; init; } = _ => { };
}
