using Penstock.Debezium.Reading;
using Penstock.Debezium.Reading.Transactions;
using Penstock.Kafka.Consuming;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Transactions;

/// <summary>
/// <c>apply=transaction</c>: puts the records of many topics together to the source's transactions, and gives these on whole, in the order of their END records, each with its events in the order of the source.
/// Called by the consumer's thread alone.
/// </summary>
/// <remarks>
/// In each partition events stand in the order of commits, and so do the END records in the transaction topic; what is given on is therefore always the beginning of each partition, and the offsets behind it
/// say where to go on. A record that was there before (the source writes again after a failure) passes as an empty one, so that its offset counts.
/// </remarks>
/// <param name="topic">The transaction topic's name in the cluster.</param>
/// <param name="maxBytes">The largest transaction.</param>
internal sealed class TransactionAssembler(string topic, long maxBytes)
{
    private const int SweepIntervalMs = 1000;

    /// <summary>Commits of one moment may stand in the log in another order than that of their times.</summary>
    private const int ClockSkewMs = 5000;

    private readonly Dictionary<PartitionLease, PartitionTail> _tails = [];
    private readonly Dictionary<long, PendingTransaction> _pending = [];
    private readonly Queue<PendingTransaction> _ended = [];
    private PendingTransaction _alone = new(0);
    private int _aloneWritten;
    private PartitionTail? _ends;
    private SourcePosition _lastEnd;
    private bool _isHolding;
    private long _sweptAt;

    /// <summary>All partitions of all topics, once this process has them; until then nothing is given on. Null while it has not.</summary>
    public IReadOnlyCollection<PartitionLease>? Leases { get; set; }

    /// <summary>Bytes that wait.</summary>
    public long Bytes { get; private set; }

    /// <summary>Records that were there before.</summary>
    public long Duplicates { get; private set; }

    /// <summary>The first transaction whose end has come and which is not given on; null for none.</summary>
    public PendingTransaction? Head => _ended.TryPeek(out var head) ? head : null;

    /// <summary>Transactions of which something is held.</summary>
    public int Pending => _pending.Count;

    /// <summary>Something may be given on.</summary>
    public bool HasReady => Leases is not null && (_alone.Count > _aloneWritten || Head is { IsWhole: true });

    public IReadOnlyCollection<PartitionTail> Tails => _tails.Values;

    /// <summary>A record is of the transaction topic.</summary>
    public bool IsOfTransactions(PartitionLease lease) => lease.Topic == topic;

    /// <summary>Takes records over; the batch may be used again.</summary>
    /// <exception cref="TransactionException">A record is not what it has to be.</exception>
    public void Take(ConsumedBatch batch)
    {
        foreach (ref readonly var record in batch.Records)
        {
            var tail = TailOf(record.Lease);
            if (IsOfTransactions(record.Lease))
            {
                TakeOfTransactions(tail, batch, record);
            }
            else
            {
                TakeChange(tail, batch, record);
            }
        }

        if (Head is { IsWhole: false } head && head.Bytes > maxBytes)
        {
            throw TooLarge(head);
        }
    }

    /// <summary>Fills an empty batch with what may be given on: transactions are not torn apart.</summary>
    /// <param name="output">Gets the records; its slab is exchanged where a transaction is larger.</param>
    /// <param name="most">No more records than these, but for one transaction that has more.</param>
    public void Emit(ConsumedBatch output, int most)
    {
        _aloneWritten = _alone.Write(output, _aloneWritten, most);
        if (_aloneWritten < _alone.Count)
        {
            return;
        }

        if (_alone.Count > 0)
        {
            Bytes -= _alone.Bytes;
            _alone = new PendingTransaction(0);
            _aloneWritten = 0;
        }

        while (Head is { IsWhole: true } head && (output.Count == 0 || output.Count + head.Count <= most) && output.TryReserve(head.Bytes))
        {
            head.Write(output, 0, int.MaxValue);
            head.IsGone = true;
            Bytes -= head.Bytes;
            _ended.Dequeue();
            _pending.Remove(head.Id);
            Sweep(head.End!.Position.Lsn);
        }
    }

    /// <summary>
    /// Partitions that are to wait while much is held: those that are beyond the first transaction, of which nothing more can come there. What it lacks comes from the others.
    /// </summary>
    public IReadOnlyCollection<PartitionLease> Held()
    {
        _isHolding = Bytes > (_isHolding ? maxBytes / 4 : maxBytes / 2);
        if (!_isHolding)
        {
            return [];
        }

        var head = Head;
        var held = _tails.Values.Where(tail => tail.Waiting is { } waiting && waiting != head).Select(tail => tail.Lease).ToList();
        if (head is not null && _ends is not null)
        {
            held.Add(_ends.Lease);
        }

        return held;
    }

    private void TakeChange(PartitionTail tail, ConsumedBatch batch, in ConsumedRecord record)
    {
        var value = batch.Value(record);
        if (record.Offset < tail.AppliedOffset)
        {
            Duplicates++;
            Follow(tail, batch, record, isPassedBy: true);
            return;
        }

        if (record.ValueLength < 0)
        {
            Follow(tail, batch, record, isPassedBy: false);
            return;
        }

        switch (EventTransaction.Of(value, out var place))
        {
            case EventMembership.Alone:
                Follow(tail, batch, record, isPassedBy: false);
                break;
            case EventMembership.Unknown:
                throw new TransactionException(
                    $"the event {record.Lease} at offset {record.Offset} does not say of which transaction it is: set PENSTOCK_PROVIDE_TRANSACTION_METADATA=true (provide.transaction.metadata) at the source and let it write whole envelopes, {TransactionException.OrByTable}. Events that were written before that are applied with PENSTOCK_APPLY=table.");
            case EventMembership.Member when tail.Had(place):
                Duplicates++;
                Follow(tail, batch, record, isPassedBy: true);
                break;
            default:
                tail.Collection = tail.Collection.Length == 0 ? EventTransaction.CollectionOf(value) : tail.Collection;
                var transaction = Of(place.Id);
                Bytes += transaction.AddEvent(batch, record, place);
                tail.Moved(transaction, place);
                break;
        }
    }

    private void TakeOfTransactions(PartitionTail tail, ConsumedBatch batch, in ConsumedRecord record)
    {
        if (_ends is null)
        {
            (_ends, _lastEnd) = (tail, tail.Position);
        }

        if (record.ValueLength < 0)
        {
            return;
        }

        TransactionEnd? end;
        try
        {
            if (!TransactionEnd.TryRead(batch.Value(record), out end))
            {
                return;
            }
        }
        catch (MalformedEventException malformed)
        {
            throw new TransactionException($"{record.Lease} at offset {record.Offset} is no record of transactions ({malformed.Message}): name the source's transaction topic in PENSTOCK_TOPIC_TRANSACTION, {TransactionException.OrByTable}.");
        }

        if (record.Offset < tail.AppliedOffset || IsFormer(end!))
        {
            TakeFormerEnd(end!, batch, record);
            return;
        }

        _lastEnd = end!.Position;
        var transaction = Of(end.Id);
        transaction.End = end;
        Bytes += transaction.AddFollower(batch, record, long.MaxValue, isPassedBy: false);
        _ended.Enqueue(transaction);
    }

    // The source writes a transaction again of which it did not know that it has arrived. One that was applied is not held any longer: what has come of it was there before.
    private void TakeFormerEnd(TransactionEnd end, ConsumedBatch batch, in ConsumedRecord record)
    {
        Duplicates++;
        if (_pending.TryGetValue(end.Id, out var again) && again.End is null)
        {
            Abandon(again);
        }

        var last = _ended.Count > 0 ? _ended.Last() : _alone;
        Bytes += last.AddFollower(batch, record, _ended.Count > 0 ? long.MaxValue : 0, isPassedBy: true);
    }

    // A source that was set up anew begins with low positions and later times.
    private bool IsFormer(TransactionEnd end) => end.Position.Lsn <= _lastEnd.Lsn && end.Position.TimeMs <= _lastEnd.TimeMs + ClockSkewMs;

    private void Follow(PartitionTail tail, ConsumedBatch batch, in ConsumedRecord record, bool isPassedBy) =>
        Bytes += tail.Waiting is { } waiting ? waiting.AddFollower(batch, record, tail.LastOrder, isPassedBy) : _alone.AddFollower(batch, record, 0, isPassedBy);

    /// <summary>What was held of a transaction that ended before the one that was given on is a rest of one that was applied: its own END was there before.</summary>
    private void Sweep(long endLsn)
    {
        if (Environment.TickCount64 - _sweptAt < SweepIntervalMs)
        {
            return;
        }

        _sweptAt = Environment.TickCount64;
        foreach (var rest in _pending.Values.Where(transaction => transaction.End is null && transaction.FormerCommitLsn > 0 && transaction.FormerCommitLsn < endLsn).ToList())
        {
            Abandon(rest);
        }
    }

    private void Abandon(PendingTransaction transaction)
    {
        int before = _alone.Bytes;
        Bytes -= transaction.Abandon(_alone);
        Bytes += _alone.Bytes - before;
        Duplicates += transaction.Events;
        _pending.Remove(transaction.Id);
    }

    private PendingTransaction Of(long id)
    {
        if (!_pending.TryGetValue(id, out var transaction))
        {
            _pending[id] = transaction = new PendingTransaction(id);
        }

        return transaction;
    }

    private PartitionTail TailOf(PartitionLease lease)
    {
        if (!_tails.TryGetValue(lease, out var tail))
        {
            _tails[lease] = tail = new PartitionTail(lease);
        }

        return tail;
    }

    private TransactionException TooLarge(PendingTransaction transaction) => new(
        $"transaction {transaction.Id} has {transaction.End!.Events} events, and the {transaction.Events} that have come take {transaction.Bytes >> 10} KB: more than PENSTOCK_MAX_TRANSACTION_BYTES={maxBytes}. Set that to more, {TransactionException.OrByTable}.");
}
