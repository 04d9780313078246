using System.Collections.Concurrent;
using System.Globalization;
using Penstock.Debezium.Events;
using Penstock.Postgres.Snapshot;

namespace Penstock.Debezium.Snapshots;

/// <summary>
/// Makes notifications of what snapshots do and keeps them until the decoder writes them as records. Any thread; a snapshot makes a handful for each table or chunk.
/// </summary>
/// <param name="connectorName"><c>topic.prefix</c>.</param>
/// <param name="toTopic">The channel <c>sink</c>: records are wanted.</param>
/// <param name="log">The channel <c>log</c>, or null.</param>
/// <param name="clock">For the timestamps.</param>
public sealed class NotificationQueue(string connectorName, bool toTopic, Action<Notification>? log, TimeProvider clock)
{
    private const string Initial = "Initial Snapshot";
    private const string Incremental = "Incremental Snapshot";

    private readonly ConcurrentQueue<Notification> _waiting = new();

    /// <summary>A whole snapshot, the first or a blocking one, begins, ends, or is not due.</summary>
    /// <param name="type">STARTED, COMPLETED or SKIPPED.</param>
    public void Whole(string type) => Post(Guid.NewGuid().ToString(), type, Initial, ("connector_name", connectorName));

    /// <summary>A whole snapshot begins with a table, or has read it.</summary>
    /// <param name="progress">The table.</param>
    /// <param name="read">The tables that are read, in any order.</param>
    /// <param name="listed">The tables that are captured, which may be more, in order.</param>
    public void WholeTable(SnapshotProgress progress, IReadOnlyCollection<string> read, IEnumerable<string> listed)
    {
        if (progress.IsDone)
        {
            Post(
                Guid.NewGuid().ToString(),
                "TABLE_SCAN_COMPLETED",
                Initial,
                ("scanned_collection", progress.Table),
                ("connector_name", connectorName),
                ("total_rows_scanned", Number(progress.Rows)),
                ("data_collections", string.Join(',', listed)),
                ("status", "SUCCEEDED"));
            return;
        }

        Post(
            Guid.NewGuid().ToString(),
            "IN_PROGRESS",
            Initial,
            ("current_collection_in_progress", progress.Table),
            ("connector_name", connectorName),
            ("data_collections", string.Join(',', JavaHashOrder.Sort([.. read.Select(name => (name, 0L))]).Select(entry => entry.Name))));
    }

    /// <summary>An incremental snapshot has ended.</summary>
    public void IncrementalCompleted(string? id) => Post(Or(id), "COMPLETED", Incremental, ("connector_name", connectorName));

    /// <summary>An incremental snapshot was started, paused, resumed or aborted.</summary>
    public void IncrementalChanged(string? id, string type, IEnumerable<string> tables) =>
        Post(Or(id), type, Incremental, ("connector_name", connectorName), ("data_collections", string.Join(',', tables)));

    /// <summary>A chunk was read.</summary>
    public void IncrementalChunk(string? id, string table, IEnumerable<string> tables, string?[] maximum, string?[] last) => Post(
        Or(id),
        "IN_PROGRESS",
        Incremental,
        ("current_collection_in_progress", table),
        ("connector_name", connectorName),
        ("maximum_key", Key(maximum)),
        ("data_collections", string.Join(',', tables)),
        ("last_processed_key", Key(last)));

    /// <summary>A table is done, one way or another.</summary>
    /// <param name="id">Id of the signal.</param>
    /// <param name="table">The table.</param>
    /// <param name="tables">Those that were left, this one included.</param>
    /// <param name="rows">Rows read.</param>
    /// <param name="status">SUCCEEDED, EMPTY, NO_PRIMARY_KEY, SQL_EXCEPTION, UNKNOWN_SCHEMA.</param>
    public void IncrementalTableCompleted(string? id, string table, IEnumerable<string> tables, long rows, string status) => Post(
        Or(id),
        "TABLE_SCAN_COMPLETED",
        Incremental,
        ("scanned_collection", table),
        ("connector_name", connectorName),
        ("total_rows_scanned", Number(rows)),
        ("data_collections", string.Join(',', tables)),
        ("status", status));

    internal bool TryTake(out Notification? notification) => _waiting.TryDequeue(out notification);

    private void Post(string id, string type, string aggregate, params (string, string)[] data)
    {
        var notification = new Notification(id, type, aggregate, data, clock.GetUtcNow().ToUnixTimeMilliseconds());
        log?.Invoke(notification);
        if (toTopic)
        {
            _waiting.Enqueue(notification);
        }
    }

    private static string Or(string? id) => id ?? Guid.NewGuid().ToString();

    private static string Key(string?[] key) => string.Join(',', key.Select(part => part ?? "<null>"));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
