using Penstock.Postgres.Snapshot;

namespace Penstock.Debezium.Snapshots;

/// <summary>
/// An incremental snapshot as Debezium takes it (DBLog): the tables of a queue, chunk by chunk, each chunk read between two rows in the signal table that mark its window in the stream.
/// Here is what comes next; the rows wait in <see cref="Window"/>.
/// </summary>
/// <remarks>
/// What is read is no progress yet: the state that is saved speaks of rows that are written before the commit it is saved for, so that a start from there misses none.
/// </remarks>
internal sealed class IncrementalSnapshot(IAdHocSource source, NotificationQueue? notifications, RecentTransactions decoded)
{
    private readonly List<SnapshotCollection> _collections = [];
    private readonly List<string> _toStop = [];
    private string? _id;
    private bool _paused;
    private string? _chunk;
    private long _scanned;
    private long _scannedBefore;
    private string?[]? _lastKey;
    private string?[]? _keyBefore;
    private string?[]? _maximumKey;

    /// <summary>The rows of the chunk at hand.</summary>
    public ChunkWindow Window { get; } = new();

    /// <summary>There are tables left.</summary>
    public bool IsRunning => _collections.Count > 0;

    private IEnumerable<string> Names => _collections.Select(collection => collection.Name);

    /// <summary>Goes on where the last run has ended.</summary>
    public void Restore(IncrementalState state)
    {
        _collections.AddRange(state.Collections);
        _toStop.AddRange(state.ToStop);
        _id = state.Id;
        _paused = state.Paused;
        _scanned = _scannedBefore = state.Scanned;
        _lastKey = _keyBefore = state.LastKey;
        _maximumKey = state.MaximumKey;
        if (IsRunning)
        {
            source.Log($"the incremental snapshot goes on with {string.Join(", ", Names)}{(_paused ? ", once a resume-snapshot signal comes" : "")}", isWarning: false);
            ReadChunk(null);
        }
    }

    /// <summary>Takes up the tables of a signal.</summary>
    /// <param name="id">Id of the signal.</param>
    /// <param name="request">What it asks for.</param>
    /// <param name="commitLsn">LSN of its commit.</param>
    public void Execute(string id, SignalRequest request, ulong commitLsn)
    {
        bool begins = !IsRunning;
        _id = id;
        _collections.AddRange(Expand(request.Collections).SelectMany(name => Collections(name, request)).DistinctBy(collection => collection.Name));
        if (!begins)
        {
            Save(commitLsn);
            return;
        }

        notifications?.IncrementalChanged(_id, "STARTED", Names);
        source.Log(IsRunning ? $"incremental snapshot of {string.Join(", ", Names)} begins" : "the signal named no table that could be read", isWarning: !IsRunning);
        ReadChunk(commitLsn);
    }

    /// <summary>Leaves tables out from the next chunk on; no names: all.</summary>
    public void RequestStop(IReadOnlyList<string> names, ulong commitLsn)
    {
        if (IsRunning)
        {
            _toStop.AddRange(names.Count == 0 ? [".*"] : names);
            Save(commitLsn);
        }
    }

    /// <summary>Reads no further than the chunk at hand.</summary>
    public void Pause(ulong commitLsn)
    {
        if (IsRunning && !_paused)
        {
            _paused = true;
            notifications?.IncrementalChanged(_id, "PAUSED", Names);
            source.Log("the incremental snapshot pauses", isWarning: false);
            Save(commitLsn);
        }
    }

    /// <summary>Reads on.</summary>
    public void Resume(ulong commitLsn)
    {
        if (!IsRunning || !_paused)
        {
            return;
        }

        _paused = false;
        notifications?.IncrementalChanged(_id, "RESUMED", Names);
        source.Log("the incremental snapshot goes on", isWarning: false);
        if (_chunk is null)
        {
            ReadChunk(commitLsn);
        }
        else
        {
            Save(commitLsn);
        }
    }

    /// <summary>Whether a signal closes the window at hand. Rows of chunks that another run has read do not.</summary>
    public bool IsClosedBy(string id) => _chunk is not null && id.StartsWith(_chunk, StringComparison.Ordinal);

    /// <summary>The rows of the window are written: what comes next?</summary>
    /// <param name="commitLsn">LSN of the commit of the row that closed it.</param>
    public void Sent(ulong commitLsn)
    {
        if (Window.IsStale)
        {
            source.Log("the table was altered while a chunk of it waited: the chunk is read again", isWarning: false);
            (_lastKey, _scanned) = (_keyBefore, _scannedBefore);
        }

        Window.Clear();
        _chunk = null;
        (_keyBefore, _scannedBefore) = (_lastKey, _scanned);
        ReadChunk(commitLsn);
    }

    private void ReadChunk(ulong? commitLsn)
    {
        StopWhatWasAsked();
        if (!IsRunning || _paused)
        {
            Save(commitLsn);
            return;
        }

        _chunk = source.NewId();
        source.OpenWindow(_chunk, commitLsn is { } lsn ? new SavedProgress(lsn, State()) : null);
        while (IsRunning && !TryReadFrom(_collections[0]))
        {
        }

        if (_chunk is not null)
        {
            source.CloseWindow(_chunk);
        }
    }

    /// <summary>True when a chunk waits in the window, or nothing more is to be read in this run.</summary>
    private bool TryReadFrom(SnapshotCollection collection)
    {
        if (_maximumKey is null)
        {
            var found = source.ReadMaximum(collection, out _maximumKey);
            if (found != ChunkAnswer.Read)
            {
                return Skipped(collection, found);
            }

            if (_maximumKey is null)
            {
                Complete(collection, "EMPTY");
                return false;
            }
        }

        var answer = source.Read(collection, _lastKey, _maximumKey, decoded.Ids, Window.Rows);
        if (answer != ChunkAnswer.Read)
        {
            return Skipped(collection, answer);
        }

        // All that the stream has told of was visible to this query, so it is to every later one.
        decoded.Clear();
        if (Window.Rows.Count == 0)
        {
            source.Log($"incremental snapshot: {collection.Name} is done, {_scanned} rows", isWarning: false);
            Complete(collection, "SUCCEEDED");
            return false;
        }

        Window.Open();
        _lastKey = Window.Rows.LastKey;
        _scanned += Window.Rows.Count;
        notifications?.IncrementalChunk(_id, collection.Name, Names, _maximumKey, _lastKey);
        return true;
    }

    private bool Skipped(SnapshotCollection collection, ChunkAnswer answer)
    {
        switch (answer)
        {
            case ChunkAnswer.Stopped:
                // The window stays open in the signal table; the next run begins another.
                _chunk = null;
                return true;
            case ChunkAnswer.NoTable:
                source.Log($"incremental snapshot: there is no captured table {collection.Name}, it is left out", isWarning: true);
                Complete(collection, "UNKNOWN_SCHEMA");
                return false;
            case ChunkAnswer.NoKey:
                source.Log(
                    collection.Surrogate is null
                        ? $"incremental snapshot: {collection.Name} is left out, it has no primary key. Name a column to walk by in the signal's data: \"surrogate-key\":\"column\""
                        : $"incremental snapshot: {collection.Name} is left out, it has no column of the name that the signal gives as surrogate-key",
                    isWarning: true);
                Complete(collection, "NO_PRIMARY_KEY");
                return false;
            default:
                source.Log($"incremental snapshot: {collection.Name} is left out: {source.Refusal}", isWarning: true);
                Complete(collection, "SQL_EXCEPTION");
                return false;
        }
    }

    private void Complete(SnapshotCollection collection, string status)
    {
        notifications?.IncrementalTableCompleted(_id, collection.Name, Names, _scanned, status);
        Next();
    }

    private void Next()
    {
        _collections.RemoveAt(0);
        _lastKey = _keyBefore = _maximumKey = null;
        _scanned = _scannedBefore = 0;
        if (!IsRunning)
        {
            source.Log("the incremental snapshot is complete", isWarning: false);
            notifications?.IncrementalCompleted(_id);
            _id = null;
        }
    }

    private void StopWhatWasAsked()
    {
        if (_toStop.Count == 0)
        {
            return;
        }

        string[] names = [.. Expand(_toStop)];
        _toStop.Clear();
        if (!IsRunning)
        {
            return;
        }

        string current = _collections[0].Name;
        var stopped = names.Where(name => name != current && _collections.RemoveAll(collection => collection.Name == name) > 0).ToList();
        if (names.Contains(current))
        {
            stopped.Add(current);
            Next();
        }

        source.Log($"incremental snapshot: stopped for {string.Join(", ", stopped)}", isWarning: false);
        notifications?.IncrementalChanged(_id, "ABORTED", stopped);
    }

    // A regular expression stands for the captured tables it matches; one that matches none is a name (captures B9).
    private IEnumerable<string> Expand(IEnumerable<string> names)
    {
        string[] tables = [.. Events.JavaHashOrder.Sort([.. source.Tables().Select(table => ($"{table.Schema}.{table.Table}", 0L))]).Select(entry => entry.Name)];
        return names.SelectMany(name => TableMatch.Of(name, tables) is { Count: > 0 } matched ? matched : [name]).Distinct(StringComparer.Ordinal);
    }

    private IEnumerable<SnapshotCollection> Collections(string name, SignalRequest request)
    {
        if (!TableIdentifier.TryParse(name, out string schema, out string table))
        {
            source.Log($"'{name}' in data-collections matches no captured table and is no name of one: write \"schema\".\"table\", or schema.table without white space; it is left out", isWarning: true);
            return [];
        }

        return source.Resolve(schema, table).Select(resolved => new SnapshotCollection(resolved.Schema, resolved.Table, request.FilterOf(name), request.Surrogate));
    }

    private void Save(ulong? commitLsn)
    {
        if (commitLsn is { } lsn)
        {
            source.Save(new SavedProgress(lsn, State()));
        }
    }

    private IncrementalState State() => IsRunning ? new(_id, _paused, _scannedBefore, _keyBefore, _maximumKey, [.. _collections], [.. _toStop]) : IncrementalState.None;
}
