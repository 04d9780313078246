using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;
using Penstock.Debezium.Snapshots;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.State;
using Penstock.Postgres.Wal;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>What snapshots asked for by signals read from the database and keep there, over connections of their own.</summary>
internal sealed class AdHocSource : IAdHocSource, IDisposable
{
    private readonly PipelineOptions _options;
    private readonly SourceDatabase _database;
    private readonly TableSelection _selection;
    private readonly bool _viaRoot;
    private readonly MessageKeyColumns _messageKeys;
    private readonly SnapshotMemory? _memory;
    private readonly ILogger _logger;
    private readonly ChunkReader _chunks;
    private readonly Lock _lock = new();
    private SnapshotReader? _whole;
    private bool _stopped;

    /// <param name="options">All options; a signal table is among them.</param>
    /// <param name="database">The source database.</param>
    /// <param name="format">Has the keys that the user gave to tables.</param>
    /// <param name="viaRoot">The publication has <c>publish_via_partition_root</c>.</param>
    /// <param name="memory">Where progress is kept; null with <c>PENSTOCK_STATE=none</c>.</param>
    /// <param name="logger">For what the user should know.</param>
    public AdHocSource(PipelineOptions options, SourceDatabase database, EventFormat format, bool viaRoot, SnapshotMemory? memory, ILogger logger)
    {
        _options = options;
        _database = database;
        _selection = OptionMapping.Selection(options);
        _messageKeys = format.MessageKeys;
        _viaRoot = viaRoot;
        _memory = memory;
        _logger = logger;
        _chunks = new ChunkReader(database, options.Signals.Table!, options.Signals.ClosesWindowByDelete, TimeProvider.System);
    }

    /// <summary>Keeps other processes of the pipeline away.</summary>
    /// <exception cref="DatabaseException">One is there.</exception>
    public void Lock() => _chunks.Lock(_options.Capture.SlotName);

    public string Refusal => _chunks.Refusal;

    public string NewId() => Guid.NewGuid().ToString();

    public IReadOnlyList<(string Schema, string Table)> Tables() => [.. Captured().Select(table => (table.Schema, table.Name))];

    public IReadOnlyList<(string Schema, string Table)> Resolve(string schema, string table)
    {
        var captured = Captured();
        if (_viaRoot || captured.FirstOrDefault(t => (t.Schema, t.Name) == (schema, table)) is not { Kind: 'p' } root)
        {
            return [(schema, table)];
        }

        var leaves = new List<(string, string)>();
        var below = new Queue<CapturedTable>([root]);
        while (below.TryDequeue(out var at))
        {
            foreach (var child in captured.Where(t => t.ParentOid == at.Oid))
            {
                below.Enqueue(child);
                if (child.Kind == 'r')
                {
                    leaves.Add((child.Schema, child.Name));
                }
            }
        }

        return leaves;
    }

    public void OpenWindow(string chunk, SavedProgress? progress) => _chunks.OpenWindow(
        chunk, _memory is not null && progress is not null ? connection => _memory.Save(connection, progress.CommitLsn, progress.State.ToJson()) : null);

    public void CloseWindow(string chunk) => _chunks.CloseWindow(chunk);

    public void Save(SavedProgress progress)
    {
        if (_memory is not null)
        {
            _chunks.Transact(connection => _memory.Save(connection, progress.CommitLsn, progress.State.ToJson()));
        }
    }

    public ChunkAnswer ReadMaximum(SnapshotCollection collection, out string?[]? key)
    {
        key = null;
        return Request(collection) is { } request ? _chunks.ReadMaximum(request, out key) : ChunkAnswer.NoTable;
    }

    public ChunkAnswer Read(SnapshotCollection collection, string?[]? after, string?[] maximum, IReadOnlyCollection<uint> decoded, ChunkRows rows) =>
        Request(collection) is { } request ? _chunks.Read(request, after, maximum, _options.Signals.ChunkRows, decoded, rows) : ChunkAnswer.NoTable;

    public void ReadAtOnce(IReadOnlyList<(string Schema, string Table, string? Select)> tables, Action<WalBatch> rows, Action<SnapshotProgress> onTable)
    {
        var captured = Captured();
        var wanted = tables
            .Select(table => (Table: captured.FirstOrDefault(t => (t.Schema, t.Name) == (table.Schema, table.Table)), table.Select))
            .Where(entry => entry.Table is { Kind: 'r' } || (entry.Table is not null && _viaRoot))
            .ToList();
        var request = new SnapshotRequest
        {
            Tables = [.. wanted.Select(entry => entry.Table!)],
            Selects = wanted.Where(entry => entry.Select is not null).ToDictionary(entry => entry.Table!.Oid, entry => entry.Select!),
            OnTable = onTable,
        };

        // The slabs of the stream may all be full and waiting behind this very call.
        var pool = new SlabPool("blocking snapshot", _options.Flow.SlabBytes, 1);
        using var reader = SnapshotReader.Start(_database, pool, request, TimeProvider.System);
        Begin(reader);
        _logger.LogInformation("blocking snapshot begins {Tables}", request.Tables.Count);
        var batch = new WalBatch();
        while (!batch.EndOfSnapshot)
        {
            batch.Reset();
            batch.Slab = pool.Rent("blocking snapshot");
            try
            {
                if (!reader.TryRead(batch))
                {
                    // The signal is not confirmed: the next start takes it up again.
                    throw new DatabaseException(FailureClass.Unavailable, "stopped during a blocking snapshot: the next start begins it anew");
                }

                rows(batch);
            }
            finally
            {
                batch.ReturnSlab();
            }
        }

        Begin(null);
        _logger.LogInformation("blocking snapshot is complete {Rows}", reader.Progress.Sum(table => table.Rows));
    }

    public void Log(string text, bool isWarning) => _logger.Log(isWarning ? LogLevel.Warning : LogLevel.Information, "{Signal}", text);

    /// <summary>Makes the reading at hand end soon: the pipeline stops. Any thread.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _stopped = true;
            _whole?.Stop();
        }

        _chunks.Stop();
    }

    public void Dispose() => _chunks.Dispose();

    private void Begin(SnapshotReader? reader)
    {
        lock (_lock)
        {
            _whole = reader;
            if (_stopped)
            {
                reader?.Stop();
            }
        }
    }

    private ChunkRequest? Request(SnapshotCollection collection) => _selection.Includes(collection.Schema, collection.Table)
        ? new ChunkRequest(collection.Schema, collection.Table, collection.Surrogate, _messageKeys.Find(collection.Schema, collection.Table), collection.Condition)
        : null;

    private IReadOnlyList<CapturedTable> Captured()
    {
        using var control = _database.Open();
        return _database.Translated(() => CapturedTables.Select(CapturedTables.ReadAll(control), _selection));
    }
}
