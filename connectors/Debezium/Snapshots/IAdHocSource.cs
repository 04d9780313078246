using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Snapshots;

/// <summary>
/// The world outside of the decoder as snapshots asked for by signals see it: the database with its signal table, where progress is kept, chance, and the log. All calls come from the
/// decoder's thread, which waits for the answer; whatever they throw ends the run.
/// </summary>
public interface IAdHocSource
{
    /// <summary>A random id for a chunk.</summary>
    string NewId();

    /// <summary>The captured tables of this moment, as <c>(schema, table)</c>.</summary>
    IReadOnlyList<(string Schema, string Table)> Tables();

    /// <summary>The tables under whose names the stream tells of a table's rows: the partitions of a partitioned one, else the table itself.</summary>
    IReadOnlyList<(string Schema, string Table)> Resolve(string schema, string table);

    /// <summary>Writes the row that opens a window, and with it the progress, if there is some to save.</summary>
    void OpenWindow(string chunk, SavedProgress? progress);

    /// <summary>Writes the row that closes it, or deletes the one that opened it.</summary>
    void CloseWindow(string chunk);

    /// <summary>Saves progress alone.</summary>
    void Save(SavedProgress progress);

    /// <summary>Reads the largest key of a table; null for an empty one.</summary>
    ChunkAnswer ReadMaximum(SnapshotCollection collection, out string?[]? key);

    /// <summary>Reads the next rows of a table.</summary>
    /// <param name="collection">Which.</param>
    /// <param name="after">Key of the last row before; null for the first chunk.</param>
    /// <param name="maximum">The largest key when the table was begun.</param>
    /// <param name="decoded">Transactions of the stream that the rows must show.</param>
    /// <param name="rows">Takes them.</param>
    ChunkAnswer Read(SnapshotCollection collection, string?[]? after, string?[] maximum, IReadOnlyCollection<uint> decoded, ChunkRows rows);

    /// <summary>Reads whole tables at once.</summary>
    /// <param name="tables">Which, and for some a SELECT that gives the rows in place of the table.</param>
    /// <param name="rows">Takes each batch, whose bytes are valid during the call only.</param>
    /// <param name="onTable">Told when the reading of a table begins and ends.</param>
    void ReadAtOnce(IReadOnlyList<(string Schema, string Table, string? Select)> tables, Action<WalBatch> rows, Action<SnapshotProgress> onTable);

    /// <summary>What the server said to the last query that it refused; no row values.</summary>
    string Refusal { get; }

    /// <summary>Says something to the user.</summary>
    void Log(string text, bool isWarning);
}

/// <summary>Progress and where in the stream it was made.</summary>
/// <param name="CommitLsn">LSN of the commit record of the transaction that made it.</param>
/// <param name="State">The progress.</param>
public sealed record SavedProgress(ulong CommitLsn, IncrementalState State);
