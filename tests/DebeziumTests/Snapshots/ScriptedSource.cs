using Penstock.Debezium.Snapshots;
using Penstock.DebeziumTests.Events;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;

namespace Penstock.DebeziumTests.Snapshots;

/// <summary>A source whose tables are rows in memory, keyed by their first column, a whole number. What is asked of it stands in <see cref="Calls"/>.</summary>
internal sealed class ScriptedSource : IAdHocSource
{
    private int _chunks;

    /// <summary>Rows of <c>public.orders</c>: id, state, note.</summary>
    public List<string?[]> Orders { get; } = [];

    /// <summary>Rows of <c>public.journal</c>, which has no key: line.</summary>
    public List<string?[]> Journal { get; } = [];

    public int ChunkRows { get; set; } = 2;

    /// <summary>What the queries have seen: all transactions before this one.</summary>
    public uint NextTransaction { get; set; } = 1_000_000;

    /// <summary>What the next questions about rows are answered with; <see cref="ChunkAnswer.Read"/> for the rows.</summary>
    public ChunkAnswer Answer { get; set; } = ChunkAnswer.Read;

    public List<string> Calls { get; } = [];

    public List<string> Said { get; } = [];

    public List<SavedProgress> Saved { get; } = [];

    /// <summary>Transactions that the last chunk had to show.</summary>
    public uint[] Decoded { get; private set; } = [];

    public string Refusal => "no";

    public string NewId() => $"chunk{++_chunks}";

    public IReadOnlyList<(string Schema, string Table)> Tables() => [("public", "orders"), ("public", "journal"), ("public", "signals")];

    public IReadOnlyList<(string Schema, string Table)> Resolve(string schema, string table) => [(schema, table)];

    public void OpenWindow(string chunk, SavedProgress? progress)
    {
        Calls.Add($"open {chunk}");
        if (progress is not null)
        {
            Saved.Add(progress);
        }
    }

    public void CloseWindow(string chunk) => Calls.Add($"close {chunk}");

    public void Save(SavedProgress progress)
    {
        Calls.Add("save");
        Saved.Add(progress);
    }

    public ChunkAnswer ReadMaximum(SnapshotCollection collection, out string?[]? key)
    {
        key = Rows(collection) is { Count: > 0 } rows ? [rows.Max(row => row[0])] : null;
        return Known(collection);
    }

    public ChunkAnswer Read(SnapshotCollection collection, string?[]? after, string?[] maximum, IReadOnlyCollection<uint> decoded, ChunkRows rows)
    {
        Calls.Add($"read {collection.Name} after {after?[0] ?? "nothing"}");
        Decoded = [.. decoded];
        bool isOrders = collection.Table == "orders";
        var script = isOrders
            ? new WalScript().Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns)
            : new WalScript().Relation(DecoderBench.Journal, "public", "journal", 'f', ("line", DecoderBench.Text, true));
        uint oid = isOrders ? DecoderBench.Orders : DecoderBench.Journal;
        rows.Begin(oid, script.Bytes(0), isOrders ? ["id"] : [], TransactionVisibility.Parse($"{NextTransaction}:{NextTransaction}:"));
        foreach (var row in Rows(collection)!.Where(row => after is null || string.CompareOrdinal(row[0], after[0]) > 0).Take(ChunkRows))
        {
            rows.Add(new WalScript().Insert(0, oid, row).Bytes(0));
            rows.LastKey = [row[0]];
        }

        return Known(collection);
    }

    public void ReadAtOnce(IReadOnlyList<(string Schema, string Table, string? Select)> tables, Action<WalBatch> rows, Action<SnapshotProgress> onTable)
    {
        Calls.Add($"read at once {string.Join(", ", tables.Select(table => $"{table.Table} {table.Select ?? "whole"}"))}");
        var script = new WalScript().Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns);
        foreach (var row in Orders)
        {
            script.Insert(0, DecoderBench.Orders, row).Marked(row == Orders[^1] ? SnapshotMarker.Last : row == Orders[0] ? SnapshotMarker.First : SnapshotMarker.True);
        }

        var batch = script.Batch(new Penstock.Engine.Buffers.SlabPool("at once", 1 << 16, 1), snapshot: new SnapshotOrigin(5, 6, 7_000_000));
        rows(batch);
        batch.ReturnSlab();
    }

    public void Log(string text, bool isWarning) => Said.Add((isWarning ? "warning: " : "") + text);

    private List<string?[]>? Rows(SnapshotCollection collection) => collection.Table switch { "orders" => Orders, "journal" => Journal, _ => null };

    private ChunkAnswer Known(SnapshotCollection collection) => Rows(collection) is null ? ChunkAnswer.NoTable : Answer;
}
