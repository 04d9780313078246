using System.Globalization;
using Npgsql;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.Wal;

namespace Penstock.Postgres.Snapshot;

/// <summary>
/// Reads the captured tables as of one LSN, as batches of the same messages that the stream has: a Relation message for each table that has rows, then an Insert for each row.
/// </summary>
/// <remarks>
/// With a new slot wanted, everything hangs on a temporary slot: killed at any moment, nothing is left behind. Once all rows are delivered, <see cref="Complete"/> copies it
/// to the permanent slot at the same position; the stream from there holds exactly the commits that the snapshot does not show.
/// One thread reads; <see cref="Stop"/> may come from any.
/// </remarks>
public sealed class SnapshotReader : IDisposable
{
    private readonly SourceDatabase _database;
    private readonly SlabPool _pool;
    private readonly SnapshotRequest _request;
    private readonly TimeProvider _clock;
    private readonly ExportedSnapshot? _slot;
    private readonly NpgsqlConnection _connection;
    private readonly CapturedTable[] _tables;
    private readonly RowBytes _row = new();
    private int _table = -1;
    private CopyRows? _rows;
    private byte[] _relation = [];
    private byte[] _rowRelation = [];
    private bool _rowReady;
    private bool _ended;
    private SnapshotMarker _rowMarker;
    private volatile bool _stopped;
    private volatile bool _abandoned;

    private SnapshotReader(SourceDatabase database, SlabPool pool, SnapshotRequest request, TimeProvider clock, ExportedSnapshot? slot, NpgsqlConnection connection)
    {
        _database = database;
        _pool = pool;
        _request = request;
        _clock = clock;
        _slot = slot;
        _connection = connection;
        // A connection that is broken does not tell it any more, and that is when it is asked for.
        Backend = connection.ProcessID;
        _tables = [.. request.Tables];
        Progress = [.. _tables.Select(t => new SnapshotProgress(t.FullName, t.EstimatedRows))];
        Origin = Begin();
    }

    /// <summary>What the rows' <c>source</c> says about the snapshot.</summary>
    public SnapshotOrigin Origin { get; }

    /// <summary>Process id of the session that reads.</summary>
    public int Backend { get; }

    /// <summary>For each table, in the order of reading.</summary>
    public IReadOnlyList<SnapshotProgress> Progress { get; }

    /// <summary>Opens the connections and fixes the snapshot.</summary>
    /// <exception cref="DatabaseException">Translated.</exception>
    public static SnapshotReader Start(SourceDatabase database, SlabPool pool, SnapshotRequest request, TimeProvider clock)
    {
        var slot = request.NewSlot is null
            ? null
            : ExportedSnapshot.Create(database, TemporaryName(request.NewSlot), request.SlotTimeoutMs, request.OnWaiting, request.Stop);
        NpgsqlConnection? connection = null;
        try
        {
            connection = database.OpenPatient();
            return database.Translated(() => new SnapshotReader(database, pool, request, clock, slot, connection));
        }
        catch
        {
            connection?.Dispose();
            slot?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Fills <paramref name="batch"/>, whose slab the caller has rented, with the next rows. The last batch has <see cref="WalBatch.EndOfSnapshot"/> (and no messages where all
    /// tables are empty). A row larger than the slab comes alone in an oversized one.
    /// </summary>
    /// <returns>False after the last batch and after <see cref="Stop"/>.</returns>
    /// <exception cref="DatabaseException">The database failed: the snapshot has to begin anew.</exception>
    public bool TryRead(WalBatch batch)
    {
        if (_ended || _stopped)
        {
            return false;
        }

        batch.Snapshot = Origin;
        try
        {
            return _database.Translated(() => Fill(batch));
        }
        catch (DatabaseException) when (_stopped)
        {
            // Stop cancels the running COPY.
            return false;
        }
    }

    /// <summary>
    /// To be called when every record of the snapshot is delivered: makes the permanent slot, if one was asked for. Only afterwards may the state say that the snapshot is
    /// complete: a kill in between costs a second snapshot, never a change.
    /// </summary>
    /// <exception cref="DatabaseException"><see cref="FailureClass.Unavailable"/> if the temporary slot's connection broke meanwhile: the snapshot has to begin anew.</exception>
    public void Complete()
    {
        if (!_ended)
        {
            throw new InvalidOperationException("the snapshot is not read to its end");
        }

        if (_slot is null)
        {
            return;
        }

        using var control = _database.Open();
        if (_database.Translated(() => ReplicationSlots.Find(control, _slot.SlotName)) is null)
        {
            throw new DatabaseException(FailureClass.Unavailable, "the connection that held the snapshot's temporary slot broke: the snapshot has to begin anew.");
        }

        ulong position = _database.Translated(() => ReplicationSlots.CopyToPermanent(control, _slot.SlotName, _request.NewSlot!));
        if (position != Origin.Lsn)
        {
            ReplicationSlots.Drop(control, _request.NewSlot!);
            throw new InvalidOperationException($"slot {_request.NewSlot} was made at {new Lsn(position)}, the snapshot is of {new Lsn(Origin.Lsn)}");
        }

        _slot.Dispose();
    }

    /// <summary>Makes <see cref="TryRead"/> end soon, also while the server holds it up.</summary>
    public void Stop()
    {
        _stopped = true;
        if (_abandoned)
        {
            return;
        }

        // Not waited for: who stops has others to stop, and a server that is silent takes its time to be found so.
        _ = Task.Run(() => ServerSessions.TryCancel(_database, Backend));
    }

    /// <summary>
    /// Gives up connections that are dead without a word. A read that waits for one ends never, or when TCP gives up: its thread is left to itself. At the server the sessions are ended, because the
    /// server does not know either, and would keep slot, snapshot and lock.
    /// </summary>
    /// <param name="alsoBackend">The session of the snapshot's lock.</param>
    /// <exception cref="DatabaseException">Translated.</exception>
    public void Abandon(int alsoBackend)
    {
        _abandoned = true;
        _stopped = true;
        using var control = _database.OpenOwn();
        _database.Translated(() => control.True(
            """
            SELECT bool_and(pg_catalog.pg_terminate_backend(pid)) FROM (
                SELECT pid FROM pg_catalog.pg_stat_activity WHERE pid IN (@reader, @also)
                UNION SELECT active_pid FROM pg_catalog.pg_replication_slots WHERE temporary AND slot_name = @slot) AS dead
            """,
            ("reader", Backend),
            ("also", alsoBackend),
            ("slot", _slot?.SlotName ?? "")));
    }

    public void Dispose()
    {
        // Disposing a COPY that runs would read it to its end; closing the connection under it does not. The server notices at its next write.
        foreach (var connection in new IDisposable?[] { _connection, _slot }.OfType<IDisposable>())
        {
            if (_abandoned)
            {
                ConnectionEnd.CloseInBackground(connection, _database.Url);
            }
            else
            {
                connection.Dispose();
            }
        }
    }

    private static string TemporaryName(string slot)
    {
        // At most 63 bytes of [a-z0-9_]; eight random digits keep two attempts apart while the server still cleans up after the first.
        string suffix = string.Create(CultureInfo.InvariantCulture, $"_tmp_{Random.Shared.Next():x8}");
        return slot[..Math.Min(slot.Length, 63 - suffix.Length)] + suffix;
    }

    private SnapshotOrigin Begin()
    {
        // The connection has no limit, for the rows may take hours; what comes before them is watched by nobody else.
        int limitSeconds = _database.Url.CommandTimeoutSeconds;
        _connection.ExecuteWithin(limitSeconds, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        if (_slot is not null)
        {
            _connection.ExecuteWithin(limitSeconds, $"SET TRANSACTION SNAPSHOT {SqlName.Literal(_slot.SnapshotName)}");
        }

        if (_request.LockTimeoutMs is { } lockTimeoutMs && _tables.Length > 0)
        {
            _connection.ExecuteWithin((lockTimeoutMs / 1000) + limitSeconds, string.Create(
                CultureInfo.InvariantCulture, $"SET LOCAL lock_timeout = {lockTimeoutMs}; LOCK TABLE {string.Join(", ", _tables.Select(t => t.QuotedName))} IN ACCESS SHARE MODE; SET LOCAL lock_timeout = 0"));
        }

        // The next transaction id as the snapshot sees it: what txid_current() would give, without taking an id, for which other slots' creation would wait.
        // Without a new slot the LSN is a label only: the older slot's stream goes back before the snapshot, so it may repeat, never miss.
        var row = _connection.ListWithin(
            limitSeconds,
            """
            SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END::text,
                   pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text,
                   (extract(epoch FROM pg_catalog.now()) * 1000000)::bigint
            """,
            r => (Lsn: r.GetString(0), Transaction: ulong.Parse(r.GetString(1), CultureInfo.InvariantCulture), TimeUs: r.GetInt64(2)))[0];
        ulong lsn = _slot?.ConsistentPoint ?? (Lsn.TryParse(row.Lsn, out var current) ? current.Value : 0);
        return new SnapshotOrigin(lsn, (uint)row.Transaction, row.TimeUs);
    }

    private bool Fill(WalBatch batch)
    {
        int position = 0;
        while (!_stopped)
        {
            if (!_rowReady && !ReadRow())
            {
                return End(batch);
            }

            int needed = checked(_rowRelation.Length + _row.Length);
            if (position + (long)needed > batch.Slab!.CapacityBytes)
            {
                if (batch.Count > 0)
                {
                    return true;
                }

                batch.ReturnSlab();
                batch.Slab = _pool.Rent("snapshot reader", needed);
            }

            Place(batch, ref position);
            if (_rowMarker == SnapshotMarker.Last)
            {
                return End(batch);
            }

            if (batch.Count >= _request.MaxRowsPerBatch)
            {
                return true;
            }
        }

        return batch.Count > 0;
    }

    private void Place(WalBatch batch, ref int position)
    {
        if (batch.Count == 0)
        {
            batch.ReceivedAtUnixNs = UnixClock.Nanoseconds(_clock);
        }

        byte[] slab = batch.Slab!.Bytes;
        if (_rowRelation.Length > 0)
        {
            _rowRelation.CopyTo(slab, position);
            batch.Add(new WalMessage(position, _rowRelation.Length, 0));
            position += _rowRelation.Length;
        }

        _row.Bytes.CopyTo(slab.AsSpan(position));
        batch.Add(new WalMessage(position, _row.Length, Origin.Lsn, _rowMarker));
        position += _row.Length;
        _rowReady = false;
    }

    private bool End(WalBatch batch)
    {
        _ended = true;
        batch.EndOfSnapshot = true;
        // Lets go of the snapshot: vacuum need not wait for the delivery of what is read.
        _connection.Execute("COMMIT");
        return true;
    }

    /// <summary>
    /// Reads one row into the row buffer and decides its marker, for which it looks ahead: to the next row, or to the first row of the next table that has one.
    /// </summary>
    private bool ReadRow()
    {
        if (_rows is null && !OpenNext())
        {
            return false;
        }

        _row.Clear();
        _rowRelation = _relation;
        bool firstOfTable = _relation.Length > 0;
        // Debezium looks at the first table only: where it is empty, no row is marked as the first.
        bool firstOfAll = firstOfTable && _table == 0;
        _relation = [];
        _rows!.ReadRow(_row);
        Progress[_table].Count();
        _rowMarker = firstOfTable ? SnapshotMarker.FirstInDataCollection : SnapshotMarker.True;
        if (!_rows.HasRow)
        {
            Close();
            _rowMarker = OpenNext() ? SnapshotMarker.LastInDataCollection : SnapshotMarker.Last;
        }

        if (firstOfAll && _rowMarker != SnapshotMarker.Last)
        {
            _rowMarker = SnapshotMarker.First;
        }

        _rowReady = true;
        return true;
    }

    /// <summary>Opens the COPY of the next table that has a row.</summary>
    private bool OpenNext()
    {
        while (++_table < _tables.Length)
        {
            _rows = TableCopy.Open(_connection, _tables[_table], _request, out byte[] relation);
            _request.OnTable(Progress[_table]);
            if (_rows.HasRow)
            {
                _relation = relation;
                return true;
            }

            Close();
        }

        return false;
    }

    private void Close()
    {
        Progress[_table].IsDone = true;
        _request.OnTable(Progress[_table]);
        _rows!.Dispose();
        _rows = null;
    }
}
