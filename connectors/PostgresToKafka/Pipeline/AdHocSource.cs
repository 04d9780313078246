using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;
using Penstock.Debezium.Snapshots;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Preflight;
using Penstock.Postgres.Slot;
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
    private readonly SnapshotMemory? _memory;
    private readonly ILogger _logger;
    private volatile IncrementalState _progress = IncrementalState.None;
    private readonly ChunkReader _chunks;
    private readonly Lock _lock = new();
    private SnapshotReader? _whole;
    private bool _stopped;

    /// <summary>Opens it, alone for its slot, with the snapshot that an earlier run has left at the stream's beginning; null without a signal table.</summary>
    /// <param name="options">All options.</param>
    /// <param name="database">The source database.</param>
    /// <param name="format">Has the keys that the user gave to tables.</param>
    /// <param name="state">Says whether anything is kept.</param>
    /// <param name="seen">The slot and the publication before the run.</param>
    /// <param name="logger">For what the user should know.</param>
    /// <param name="saved">Where the snapshot was; none where there was none.</param>
    /// <exception cref="DatabaseException"><see cref="FailureClass.SlotActive"/>: another process works.</exception>
    public static AdHocSource? Open(
        PipelineOptions options, SourceDatabase database, EventFormat format, Penstock.Postgres.State.PipelineState state, PreflightResult seen, ILogger logger, out IncrementalState saved)
    {
        saved = IncrementalState.None;
        if (options.Signals.Table is null)
        {
            return null;
        }

        SnapshotMemory? memory = null;
        if (state.IsKept)
        {
            state.Ensure();
            memory = new SnapshotMemory(database, options.Name, options.Capture.SlotName);
            memory.Ensure();
        }
        else
        {
            logger.LogInformation("no state is kept (PENSTOCK_STATE): an incremental snapshot that is cut off by a stop or a failure has to be asked for again");
        }

        var source = new AdHocSource(options, database, format, seen.Publication?.ViaRoot ?? options.Capture.PublishViaPartitionRoot, memory, logger);
        try
        {
            source.Lock();
            saved = memory is null ? saved : source.Saved(memory, isNewSlot: seen.Slot is null);
            source._progress = saved;
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <param name="options">All options; a signal table is among them.</param>
    /// <param name="database">The source database.</param>
    /// <param name="format">Has the keys that the user gave to tables.</param>
    /// <param name="viaRoot">The publication has <c>publish_via_partition_root</c>.</param>
    /// <param name="memory">Where progress is kept; null where no state is kept.</param>
    /// <param name="logger">For what the user should know.</param>
    private AdHocSource(PipelineOptions options, SourceDatabase database, EventFormat format, bool viaRoot, SnapshotMemory? memory, ILogger logger)
    {
        _options = options;
        _database = database;
        _selection = OptionMapping.Selection(options);
        _viaRoot = viaRoot;
        _memory = memory;
        _logger = logger;
        _chunks = new ChunkReader(database, options.Signals.Table!, options.Signals.ClosesWindowByDelete, TimeProvider.System)
        {
            MessageKey = table => format.MessageKeys.Find(table.Schema, table.Name, table.Columns.Select(c => c.Name)),
            PublishedBy = OptionMapping.RowsOf(options),
        };
    }

    // Keeps other processes of the pipeline away.
    private void Lock() => _chunks.Lock(_options.Capture.SlotName);

    // The progress as of the slot's position, which stands still: nobody reads from the slot.
    private IncrementalState Saved(SnapshotMemory memory, bool isNewSlot)
    {
        using var control = _database.Open();
        var slot = _database.Translated(() => ReplicationSlots.Find(control, _options.Capture.SlotName));
        if (slot is null or { IsActive: true })
        {
            throw new DatabaseException(FailureClass.SlotActive, $"slot \"{_options.Capture.SlotName}\" is in use: another process reads from it, or the server has not noticed yet that the last one is gone.");
        }

        if (isNewSlot)
        {
            memory.Forget();
        }

        return memory.Load(slot.ConfirmedFlushLsn) is { } json ? IncrementalState.FromJson(json) : IncrementalState.None;
    }

    public string Refusal => _chunks.Refusal;

    /// <summary>What reads chunks, for the watch over its connection.</summary>
    public ChunkReader Chunks => _chunks;

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

    /// <summary>The incremental snapshot that is read, as of its last chunk; without tables there is none. Any thread.</summary>
    public IncrementalState Progress => _progress;

    public void OpenWindow(string chunk, SavedProgress? progress)
    {
        _progress = progress?.State ?? _progress;
        _chunks.OpenWindow(chunk, _memory is not null && progress is not null ? connection => _memory.Save(connection, progress.CommitLsn, progress.State.ToJson()) : null);
    }

    public void CloseWindow(string chunk) => _chunks.CloseWindow(chunk);

    public void Save(SavedProgress progress)
    {
        _progress = progress.State;
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
            PublishedBy = OptionMapping.RowsOf(_options),
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
        ? new ChunkRequest(collection.Schema, collection.Table, collection.Surrogate, collection.Condition)
        : null;

    private IReadOnlyList<CapturedTable> Captured()
    {
        using var control = _database.Open();
        return _database.Translated(() => CapturedTables.Select(CapturedTables.ReadAll(control), _selection));
    }
}
