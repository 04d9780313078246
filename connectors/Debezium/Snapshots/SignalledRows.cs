using System.Text;
using Penstock.Debezium.Events;
using Penstock.Postgres.Wal;
using Tuple = Penstock.Debezium.Events.Tuple;

namespace Penstock.Debezium.Snapshots;

/// <summary>
/// Stands between the decoder and its row events where there is a signal table: reads the signals, takes changed rows out of the window at hand, and writes the rows of snapshots where
/// their place in the stream is. A signal is obeyed before its own event is written, as in Debezium; the rows of a blocking snapshot come behind it (capture 21d).
/// </summary>
internal sealed class SignalledRows(
    EventFormat format, IAdHocSource source, RowEvents rows, RecordAssembler records, Transaction transaction, SourceBlock block, RelationPlans plans, NotificationQueue? notifications, Action notify)
{
    private readonly RecentTransactions _decoded = new();
    private readonly Tuple _new = new();
    private readonly Tuple _old = new();
    private IncrementalSnapshot? _incremental;
    private SignalRequest? _atOnce;

    // A replay of the stream does not repeat these rows: their ordinals must not move those of the transaction's own events.
    private long _ordinal = long.MinValue;

    private IncrementalSnapshot Incremental => _incremental ??= new IncrementalSnapshot(source, notifications, _decoded);

    private ChunkWindow Window => Incremental.Window;

    /// <summary>Goes on with the snapshot of an earlier run. To be called before anything is decoded.</summary>
    public void Restore(IncrementalState state) => Incremental.Restore(state);

    /// <summary>A transaction begins in the stream, which means that it is committed.</summary>
    public void Began(uint id) => _decoded.Add(id);

    /// <summary>An Insert, Update or Delete message of a captured table.</summary>
    public void Write(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn)
    {
        switch (message[0])
        {
            case (byte)'I':
                Insert(plan, message, lsn);
                break;
            case (byte)'U':
                Update(plan, message, lsn);
                break;
            default:
                Delete(plan, message, lsn);
                break;
        }
    }

    /// <summary>A table was emptied, whether that is an event or not.</summary>
    public void Truncated(uint oid)
    {
        if (Window.Watches(oid))
        {
            Window.Truncated(transaction.Id);
        }
    }

    private void Insert(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn)
    {
        if (plan.IsSignalTable)
        {
            _new.Read(message, 6, plan.Relation.Columns.Length);
            Obey(plan, message, lsn);
            rows.Insert(plan, message, lsn);
            ReadAtOnce(lsn);
            return;
        }

        long before = transaction.NextOrdinal;
        rows.Insert(plan, message, lsn);
        if (Window.Watches(plan.Relation.Oid) && transaction.NextOrdinal > before)
        {
            _new.Read(message, 6, plan.Relation.Columns.Length);
            Window.Inserted(plan, message, _new);
        }
    }

    private void Update(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn)
    {
        long before = transaction.NextOrdinal;
        rows.Update(plan, message, lsn);
        // What made no event must not take the row away that stands for it.
        if (Window.Watches(plan.Relation.Oid) && transaction.NextOrdinal > before)
        {
            int position = 5;
            bool withOld = message[position] is (byte)'K' or (byte)'O';
            if (withOld)
            {
                position = _old.Read(message, 6, plan.Relation.Columns.Length);
            }

            _new.Read(message, position + 1, plan.Relation.Columns.Length);
            Window.Changed(plan, transaction.Id, message, withOld ? _old : null, _new);
        }
    }

    private void Delete(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn)
    {
        if (plan.IsSignalTable && format.ClosesWindowByDelete)
        {
            _old.Read(message, 6, plan.Relation.Columns.Length);
            if (Text(message, _old, 0) is { } id)
            {
                Close(id.Replace("open", "close", StringComparison.Ordinal), lsn);
                notify();
            }
        }

        long before = transaction.NextOrdinal;
        rows.Delete(plan, message, lsn);
        if (Window.Watches(plan.Relation.Oid) && transaction.NextOrdinal > before)
        {
            _old.Read(message, 6, plan.Relation.Columns.Length);
            Window.Changed(plan, transaction.Id, message, _old, null);
        }
    }

    private void Obey(RelationPlan plan, ReadOnlySpan<byte> message, ulong lsn)
    {
        if (plan.Relation.Columns.Length != 3)
        {
            source.Log($"the signal table {plan.Name} has {plan.Relation.Columns.Length} columns where id, type and data are due: the signal is passed over", isWarning: true);
            return;
        }

        if (Text(message, _new, 0) is { } id && Text(message, _new, 1) is { } type)
        {
            Obey(new Signal(id, type, Text(message, _new, 2)), lsn);
            notify();
        }
    }

    private void Obey(Signal signal, ulong lsn)
    {
        switch (signal.Type)
        {
            case "snapshot-window-open":
                // The window is open since its rows were read.
                return;
            case "snapshot-window-close":
                Close(signal.Id, lsn);
                return;
            case "execute-snapshot" or "stop-snapshot" or "pause-snapshot" or "resume-snapshot" or "log":
                break;
            default:
                source.Log($"signal '{signal.Id}' asks for '{signal.Type}', which is not known; known are execute-snapshot, stop-snapshot, pause-snapshot, resume-snapshot and log", isWarning: true);
                return;
        }

        if (!signal.TryRead(out var request, out string problem))
        {
            source.Log($"signal '{signal.Id}' ({signal.Type}) is passed over: {problem}", isWarning: true);
            return;
        }

        switch (signal.Type)
        {
            case "execute-snapshot":
                Execute(signal, request);
                break;
            case "stop-snapshot" when request.Kind == SnapshotKind.Incremental:
                Incremental.RequestStop(request.Collections, transaction.CommitLsn);
                break;
            case "pause-snapshot":
                Incremental.Pause(transaction.CommitLsn);
                break;
            case "resume-snapshot":
                Incremental.Resume(transaction.CommitLsn);
                break;
            case "log" when request.Message is { Length: > 0 } said:
                source.Log(said.Replace("{}", $"{{lsn={lsn}, txId={transaction.Id}}}", StringComparison.Ordinal), isWarning: false);
                break;
            default:
                source.Log($"signal '{signal.Id}' ({signal.Type}) is passed over: its data does not say what it has to", isWarning: true);
                break;
        }
    }

    private void Execute(Signal signal, SignalRequest request)
    {
        if (request.Collections.Count == 0 || request.Kind is null)
        {
            source.Log($"signal '{signal.Id}' is passed over: {(request.Kind is null ? "type must be incremental or blocking" : "data-collections is missing or empty")}", isWarning: true);
        }
        else if (request.Kind == SnapshotKind.Incremental)
        {
            Incremental.Execute(signal.Id, request, transaction.CommitLsn);
        }
        else
        {
            _atOnce = request;
        }
    }

    private void Close(string id, ulong lsn)
    {
        if (!Incremental.IsClosedBy(id))
        {
            return;
        }

        if (Window.Count > 0 && !Window.IsStale)
        {
            WriteWindow(lsn);
        }

        Incremental.Sent(transaction.CommitLsn);
    }

    private void WriteWindow(ulong lsn)
    {
        plans.Add(Window.Rows.Relation, typesMayDiffer: false);
        var plan = plans.Find(Window.Rows.Oid);
        block.PrepareIncremental(records.ReceivedAtUnixNs, transaction.LastCommitLsn);
        int row = 0;
        if (format.LastRowOfKeylessChunk && plan.Key.Length == 0)
        {
            row = Window.Rows.Count - 1;
        }

        for (; row < Window.Rows.Count; row++)
        {
            if (plan.Included && Window.Holds(row))
            {
                rows.Read(plan, Window.Rows.Row(row), lsn, transaction.CommitLsn, ref _ordinal);
            }
        }

        block.Prepare(transaction, withId: true);
    }

    private void ReadAtOnce(ulong lsn)
    {
        if (_atOnce is not { } request)
        {
            return;
        }

        _atOnce = null;
        var captured = source.Tables();
        var tables = captured.Where(table => request.Collections.Any(pattern => IsMeant(pattern, table))).ToList();
        if (tables.Count == 0)
        {
            source.Log("the signal asked for a blocking snapshot of no table that is captured", isWarning: true);
        }

        notifications?.Whole("STARTED");
        var marker = SnapshotMarker.None;
        string[] names = [.. tables.Select(table => $"{table.Schema}.{table.Table}")];
        source.ReadAtOnce(
            [.. tables.Select(table => (table.Schema, table.Table, Select(request, table)))],
            batch => WriteAtOnce(batch, lsn, ref marker),
            progress => notifications?.WholeTable(progress, names, names));
        notifications?.Whole("COMPLETED");
        block.Prepare(transaction, withId: true);
        notify();
    }

    private void WriteAtOnce(WalBatch batch, ulong lsn, ref SnapshotMarker marker)
    {
        foreach (ref readonly var message in batch.Messages)
        {
            var bytes = batch.Bytes(message);
            if (bytes[0] == (byte)'R')
            {
                plans.Add(bytes, typesMayDiffer: false);
                continue;
            }

            if (marker != message.Marker)
            {
                marker = message.Marker;
                // Position and transaction are those of the last streamed change, the signal (capture A23).
                block.PrepareSnapshot(batch.Snapshot! with { Lsn = lsn, TransactionId = transaction.Id }, marker, transaction.LastCommitLsn);
            }

            var plan = plans.Find(RowEvents.RelationOid(bytes));
            if (plan.Included)
            {
                rows.Read(plan, bytes, lsn, transaction.CommitLsn, ref _ordinal);
            }
        }

        notify();
    }

    private static string? Select(SignalRequest request, (string Schema, string Table) table) => request.Conditions
        .Where(condition => TableIdentifier.TryParse(condition.Name, out string schema, out string name) && (schema, name) == table)
        .Select(condition => condition.Filter)
        .FirstOrDefault();

    // Debezium: whole, case-insensitive, against the plain and the quoted name.
    private static bool IsMeant(string pattern, (string Schema, string Table) table)
    {
        string[] forms = [$"{table.Schema}.{table.Table}", $"\"{table.Schema}\".\"{table.Table}\""];
        return TableMatch.Of($"(?i:{pattern})", forms).Count > 0;
    }

    private static string? Text(ReadOnlySpan<byte> message, Tuple row, int column) => row.Length(column) < 0 ? null : Encoding.UTF8.GetString(row.Value(message, column));
}
