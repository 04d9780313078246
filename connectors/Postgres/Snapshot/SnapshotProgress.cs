namespace Penstock.Postgres.Snapshot;

/// <summary>How far the snapshot of one table is. Written by the reader's thread, read by any.</summary>
public sealed class SnapshotProgress(string table, long estimatedRows)
{
    private long _rows;

    /// <summary><c>schema.table</c>.</summary>
    public string Table { get; } = table;

    /// <summary>The server's estimate, -1 if it has none.</summary>
    public long EstimatedRows { get; } = estimatedRows;

    /// <summary>Rows read so far.</summary>
    public long Rows => Volatile.Read(ref _rows);

    /// <summary>All rows are read.</summary>
    public bool IsDone { get; internal set; }

    internal void Count() => Volatile.Write(ref _rows, _rows + 1);
}
