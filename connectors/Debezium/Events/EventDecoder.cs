using System.Text;
using Penstock.Debezium.Snapshots;
using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>
/// The decoder stage: pgoutput messages (protocol version 1) in, Debezium's records out. Pure and synchronous; the only thing it waits for is room (a slab, or <c>emit</c>).
/// </summary>
/// <remarks>
/// <para>An event's identity is (<see cref="Record.CommitLsn"/>, <see cref="Record.Ordinal"/>): Begin's <c>final_lsn</c>, which is the LSN of the commit record, and a count of the
/// transaction's records from 0, tombstones and metadata records included. The same transaction sent again gives the same identities. Rows of a snapshot have the snapshot's LSN and
/// a count over the whole snapshot; a message outside of transactions has its own LSN and 0.</para>
/// <para>A batch's position is <c>Commit.end_lsn</c> of the last transaction that is complete in it or before it, or a larger keepalive LSN that came outside of a transaction; the end of a snapshot
/// gives the slot's consistent point.</para>
/// <para>One decoder serves one replication session: a stream that begins again in the middle of a transaction needs a new one. Not thread-safe, but for the names and counts.</para>
/// </remarks>
public sealed class EventDecoder : ITableNames
{
    // Microseconds from 1970-01-01 to 2000-01-01, Postgres' epoch: 10,957 days.
    private const long PostgresEpochUs = 10_957L * 86_400 * 1_000_000;

    private readonly TableNames _tables = new();
    private readonly Transaction _transaction = new();
    private readonly RelationPlanner _planner;
    private readonly RelationPlans _streamPlans;
    private readonly SnapshotRows _snapshotRows;
    private readonly RecordAssembler _records;
    private readonly SourceBlock _source;
    private readonly EnvelopeClock _clock;
    private readonly RowEvents _rows;
    private readonly StreamRows _streamRows;
    private readonly MessageEvents _messages;
    private readonly HeartbeatRecords _heartbeats;
    private readonly GapRecords _gaps;
    private readonly TransactionRecords? _metadata;
    private readonly SignalledRows? _signalled;
    private readonly NotificationRecords? _notifications;
    private readonly ShapedRecords? _shaped;
    private readonly byte[] _traceParentPrefix;
    private bool _typeCame;

    /// <param name="format">All options.</param>
    /// <param name="catalog">Asked once for each Relation message; must then show the table as it is.</param>
    /// <param name="selection">What is captured.</param>
    /// <param name="topics">Gets the topics as they become known.</param>
    /// <param name="pool">Where output slabs come from.</param>
    /// <param name="emit">Takes each finished batch and owns it from then on; may block.</param>
    /// <param name="newBatch">Where batches come from; null makes new ones.</param>
    /// <param name="adHoc">Reads what signals ask for; null where there is no signal table.</param>
    /// <param name="notifications">What snapshots tell of themselves; null for nothing.</param>
    /// <param name="skips">Events to leave out; null for none.</param>
    public EventDecoder(
        EventFormat format,
        ICatalog catalog,
        ITableSelection selection,
        TopicTable topics,
        SlabPool pool,
        Action<RecordBatch> emit,
        Func<RecordBatch>? newBatch = null,
        IAdHocSource? adHoc = null,
        NotificationQueue? notifications = null,
        EventSkips? skips = null)
    {
        _traceParentPrefix = Encoding.UTF8.GetBytes(format.TraceParentPrefix ?? "");
        var names = new TopicNames(format);
        _records = new RecordAssembler(pool, format.MaxBatchRecords, format.PositionHeader, newBatch ?? (() => new RecordBatch()), this, emit) { Skips = skips, Topics = topics };
        _planner = new RelationPlanner(format, catalog, selection, topics, names, _tables);
        _streamPlans = new RelationPlans(_planner, RowOrigin.Stream);
        var snapshotPlans = new RelationPlans(_planner, RowOrigin.Snapshot);
        _source = new SourceBlock(format);
        _clock = new EnvelopeClock(format.ValueSchemas);
        _metadata = format.TransactionMetadata ? new TransactionRecords(format, _records, _transaction, topics.Add(names.Transaction())) : null;
        _records.Skipped = () => _metadata?.Uncount();
        var notes = format.Values.Compat == CompatMode.Correct ? new LossNotes() : null;
        var rows = new RowWriter(format.FailOnUnrepresented, notes);
        var shaped = _shaped = format.Transforms == TransformSet.None && format.CloudEvents is null
            ? null
            : new ShapedRecords(new StageTools(format, topics, rows, new EventBlocks(_source, _metadata, _clock), _clock, _planner.Track, notes), _records);
        _metadata?.Shaped = shaped;
        _rows = new RowEvents(format, _records, _transaction, _source, _clock, _metadata, rows, shaped, notes);
        _snapshotRows = new SnapshotRows(_rows, _source, snapshotPlans);
        _messages = new MessageEvents(format, _records, _transaction, _source, _clock, _metadata, () => topics.Add(names.Message()), shaped);
        _heartbeats = new HeartbeatRecords(format, _records, _clock, () => topics.Add(names.Heartbeat()), shaped);
        _gaps = new GapRecords(format, _records, _clock, () => topics.Add(format.GapTopic ?? names.Heartbeat()));
        _notifications = notifications is not null && format.NotificationTopic is { } topic ? new NotificationRecords(format, _records, notifications, topics.Add(topic)) : null;
        _signalled = adHoc is null ? null : new SignalledRows(format, adHoc, _rows, _records, _transaction, _source, snapshotPlans, notifications, () => _notifications?.Write());
        _streamRows = new StreamRows(format, _streamPlans, _rows, _transaction, _source, _metadata, _signalled);
    }

    /// <summary>The last commit before the stream begins, for the first event's <c>source.sequence</c>; 0 (the default) where none is known. To be set before the first batch.</summary>
    public ulong LastCommitLsn
    {
        set => _transaction.LastCommitLsn = value;
    }

    /// <summary>The slot's <c>catalog_xmin</c> as last read, for <c>source.xmin</c> of the events from here on; 0 (the default) writes null. To be set between batches.</summary>
    public uint Xmin
    {
        set
        {
            if (_source.Xmin != value)
            {
                _source.Xmin = value;
                _streamRows.ForgetSource();
            }
        }
    }

    /// <summary>
    /// Values that are not in the events as the row holds them, by column: written as null because the format has no form for them, or wrapped, cut, without their shape. Any thread.
    /// </summary>
    public IEnumerable<(string Table, string Column, string Type, long Values)> Unrepresented =>
        from column in _planner.Planned
        let values = Volatile.Read(ref column.Slot.Unrepresented) + column.Slot.Encoder.Losses
        where values > 0
        group values by (column.Table, column.Slot.Name, column.Slot.Type) into same
        select (same.Key.Table, same.Key.Name, same.Key.Type, same.Sum());

    /// <summary>Records that transforms have left out, by the transform's name. Any thread.</summary>
    public IEnumerable<(string Transform, string What, long Records)> LeftOutByTransforms => _shaped?.LeftOut ?? [];

    /// <summary>Captured columns that no event has, because Debezium does not know their type. Any thread.</summary>
    public IEnumerable<(string Table, string Column, string Type)> LeftOut => _planner.LeftOut;

    /// <summary>Goes on with the incremental snapshot of an earlier run. To be called once, before anything is decoded.</summary>
    public void Restore(IncrementalState state) => _signalled?.Restore(state);

    /// <inheritdoc/>
    public string TableName(int table) => table < 0 ? "" : _tables.TableName(table);

    /// <inheritdoc/>
    public string KeyColumns(int table) => table < 0 ? "" : _tables.KeyColumns(table);

    /// <summary>
    /// Decodes a batch and emits all of its records before it returns. Does not own the batch's slab.
    /// </summary>
    /// <exception cref="UndecodableEventException">A message that no rule covers. The records before it are emitted; the decoder is of no further use.</exception>
    public void Decode(WalBatch batch)
    {
        _streamRows.Leave();
        _records.ReceivedAtUnixNs = batch.ReceivedAtUnixNs;
        _clock.Set(batch.ReceivedAtUnixNs);
        int at = 0;
        while (!TryDecode(batch, ref at))
        {
            // The event at this place is left out.
            at++;
        }
    }

    /// <summary>Decodes from a message on to the batch's end; false if the message at <paramref name="at"/> cannot be decoded and is one that is to be left out.</summary>
    private bool TryDecode(WalBatch batch, ref int at)
    {
        try
        {
            var messages = batch.Messages;
            for (; at < messages.Length; at++)
            {
                ref readonly var message = ref messages[at];
                Decode(batch, message, batch.Bytes(message));
            }

            Finish(batch);
            return true;
        }
        catch (Exception error) when (error is MalformedWalException or UnrepresentableValueException or RecordTooLargeException or TransformException or AbsentKeyException)
        {
            ulong lsn = at < batch.Count ? batch.Messages[at].WalStart : 0;
            byte operation = _transaction.Active && batch.Snapshot is null && at < batch.Count ? OperationOf(batch.Bytes(batch.Messages[at])) : (byte)0;
            EventPosition? position = _transaction.Active && batch.Snapshot is null ? new EventPosition(_transaction.CommitLsn, _transaction.NextOrdinal) : null;
            var column = _rows.Rows.Current;
            _rows.Rows.Reset();
            _records.AbandonRecord();
            var failure = new UndecodableEventException(
                error.Message, lsn != 0 ? lsn : _transaction.CommitLsn, (_snapshotRows.Plan ?? _streamRows.Plan)?.Name ?? "", column?.Name ?? "", column?.Type ?? "", position, error)
            {
                IsOfOneEvent = operation != 0,
            };
            if (operation != 0 && position is { } identity && _records.Skips?.Has(operation, identity) == true)
            {
                LeaveOut(failure, operation, identity);
                return false;
            }

            _records.Flush();
            throw failure;
        }
        catch
        {
            _records.Abandon();
            throw;
        }
    }

    private void LeaveOut(UndecodableEventException failure, byte operation, EventPosition position)
    {
        var plan = _streamRows.Plan;
        _records.FinishUnwritten(failure.Message, plan?.Topic ?? -1, plan?.Table ?? -1, operation, position);
        _transaction.NextOrdinal++;
    }

    /// <summary>The operation of the event that a message becomes, 0 for a message that becomes none: what that says is needed for those behind it.</summary>
    private static byte OperationOf(ReadOnlySpan<byte> message) => message.IsEmpty ? (byte)0 : message[0] switch
    {
        (byte)'I' => (byte)'c',
        (byte)'U' => (byte)'u',
        (byte)'D' => (byte)'d',
        (byte)'M' => (byte)'m',
        _ => (byte)0,
    };

    private void Decode(WalBatch batch, in WalMessage message, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            throw new MalformedWalException("an empty message");
        }

        if (batch.Snapshot is { } snapshot)
        {
            _snapshotRows.Decode(snapshot, message, bytes);
            return;
        }

        switch (bytes[0])
        {
            case (byte)'I' or (byte)'U' or (byte)'D':
                _streamRows.Change(message, bytes);
                break;
            default:
                DecodeControl(message, bytes);
                break;
        }
    }

    private void DecodeControl(in WalMessage message, ReadOnlySpan<byte> bytes)
    {
        _streamRows.Leave();
        switch (bytes[0])
        {
            case (byte)'B':
                Begin(message, bytes);
                break;
            case (byte)'C':
                Commit(message, bytes);
                break;
            case (byte)'R':
                AddRelation(bytes);
                break;
            case (byte)'T':
                _streamRows.Truncate(message, bytes);
                break;
            case (byte)'M':
                Message(message, bytes);
                break;
            case (byte)'O':
                Origin(bytes);
                break;
            case (byte)'Y':
                Type(bytes);
                break;
            default:
                throw new MalformedWalException($"message type 0x{bytes[0]:x2}, which protocol version 1 does not have");
        }
    }

    private void Finish(WalBatch batch)
    {
        if (batch.Snapshot is { } snapshot)
        {
            _streamRows.ForgetSource();
            _snapshotRows.EndBatch();
            if (batch.EndOfSnapshot)
            {
                _records.Reach(snapshot.Lsn);
            }
        }
        else if (!_transaction.Active)
        {
            _records.Reach(batch.KeepaliveLsn);
        }

        if (batch.Gap is { } gap)
        {
            _gaps.Write(gap);
        }

        _notifications?.Write();
        if (batch.Heartbeat)
        {
            _heartbeats.Write();
        }

        _records.Flush();
    }

    private void Begin(in WalMessage message, ReadOnlySpan<byte> bytes)
    {
        if (_transaction.Active)
        {
            throw new MalformedWalException("Begin inside of a transaction");
        }

        var reader = new PgOutputReader(bytes[1..]);
        ulong finalLsn = reader.ReadUInt64();
        long commitTimeUs = reader.ReadInt64() + PostgresEpochUs;
        uint id = reader.ReadUInt32();
        reader.EnsureEnd();
        _transaction.Begin(finalLsn, commitTimeUs, id);
        _records.CommittedAtUs = commitTimeUs;
        _records.TransactionTrace.Clear();
        _streamRows.ForgetSource();
        _signalled?.Began(_transaction.Id);
        _metadata?.Begin(message.WalStart);
    }

    private void Commit(in WalMessage message, ReadOnlySpan<byte> bytes)
    {
        if (!_transaction.Active)
        {
            throw new MalformedWalException("Commit outside of a transaction");
        }

        var reader = new PgOutputReader(bytes[1..]);
        reader.ReadByte();
        reader.ReadUInt64();
        ulong endLsn = reader.ReadUInt64();
        reader.ReadInt64();
        reader.EnsureEnd();
        _metadata?.End(message.WalStart);
        _transaction.Commit(message.WalStart);
        _streamRows.ForgetSource();
        _records.Reach(endLsn);
        _records.CommittedAtUs = 0;
        _records.TransactionTrace.Clear();
    }

    // Comes before the Relation message of a table that uses the type. The catalogue says more about it.
    private void Type(ReadOnlySpan<byte> bytes)
    {
        var reader = new PgOutputReader(bytes[1..]);
        uint oid = reader.ReadUInt32();
        reader.ReadCString();
        reader.ReadCString();
        reader.EnsureEnd();
        _planner.Forget(oid);
        _typeCame = true;
    }

    private void Origin(ReadOnlySpan<byte> bytes)
    {
        var reader = new PgOutputReader(bytes[1..]);
        ulong lsn = reader.ReadUInt64();
        var name = reader.ReadCString();
        reader.EnsureEnd();
        _transaction.SetOrigin(name, lsn);
        _streamRows.ForgetSource();
    }

    private void Message(in WalMessage message, ReadOnlySpan<byte> bytes)
    {
        var (transactional, prefixLength, contentLength) = MessageEvents.Parse(bytes);
        if (transactional && !_transaction.Active)
        {
            throw new MalformedWalException("a transactional message outside of a transaction");
        }

        if (transactional)
        {
            _streamRows.Touch();
            _streamRows.PrepareSource();
        }
        else
        {
            _streamRows.ForgetSource();
        }

        if (transactional && bytes.Slice(MessageEvents.PrefixOffset, prefixLength).SequenceEqual(_traceParentPrefix) && _traceParentPrefix.Length > 0)
        {
            _records.TransactionTrace.Set(bytes[^contentLength..]);
        }

        _messages.Write(transactional, bytes.Slice(MessageEvents.PrefixOffset, prefixLength), bytes[^contentLength..], message.WalStart);
    }

    private void AddRelation(ReadOnlySpan<byte> bytes)
    {
        _streamPlans.Add(bytes, _typeCame);
        _typeCame = false;
    }
}
