using System.Runtime.InteropServices;
using Penstock.Debezium.Reading.Transactions;
using Penstock.Kafka.Consuming;

namespace Penstock.KafkaToPostgres.Transactions;

/// <summary>
/// The records of a transaction of the source that have come, in bytes of their own: slabs go back to the consumer at once, however long the transaction's end is in coming. Records that stand behind one of its
/// events in a partition and are of no transaction (tombstones, rows of a snapshot) go with it, so that each partition is applied in its order.
/// </summary>
/// <param name="id">The transaction's number.</param>
internal sealed class PendingTransaction(long id)
{
    private readonly List<Held> _records = [];
    private byte[] _bytes = new byte[1024];
    private int _sequence;

    public long Id { get; } = id;

    /// <summary>Null until its END has come.</summary>
    public TransactionEnd? End { get; set; }

    /// <summary>Its records have been given on: what follows in their partitions does not wait for it any more.</summary>
    public bool IsGone { get; set; }

    /// <summary>Events that count, of all partitions.</summary>
    public int Events { get; private set; }

    /// <summary>Bytes of its records.</summary>
    public int Bytes { get; private set; }

    public int Count => _records.Count;

    /// <summary>The source's last commit before it, by its first event; 0 where that is not told.</summary>
    public long FormerCommitLsn { get; private set; }

    /// <summary>Its end has come, and all its events.</summary>
    public bool IsWhole => End is not null && Events >= End.Events;

    /// <summary>Keeps an event.</summary>
    /// <returns>Bytes that it takes.</returns>
    public int AddEvent(ConsumedBatch from, in ConsumedRecord record, in EventTransaction place)
    {
        FormerCommitLsn = Events++ == 0 ? place.Position.CommitLsn : FormerCommitLsn;
        return Add(from, record, place.TotalOrder, isEvent: true);
    }

    /// <summary>Keeps a record that follows an event in its partition.</summary>
    /// <param name="from">Where it stands.</param>
    /// <param name="record">It.</param>
    /// <param name="order">The event's place in the transaction.</param>
    /// <param name="isPassedBy">Only its offset counts.</param>
    /// <returns>Bytes that it takes.</returns>
    public int AddFollower(ConsumedBatch from, in ConsumedRecord record, long order, bool isPassedBy)
    {
        if (isPassedBy)
        {
            var place = new ConsumedRecord { Lease = record.Lease, Offset = record.Offset, KeyLength = -1, ValueLength = -1 };
            return Add([], place, order, isEvent: false);
        }

        return Add(from, record, order, isEvent: false);
    }

    /// <summary>Events of the partitions that <paramref name="isCounted"/> names.</summary>
    public int EventsOf(Func<PartitionLease, bool> isCounted) => _records.Count(held => held.IsEvent && isCounted(held.Record.Lease));

    /// <summary>Writes records in the order of the source, without those before <paramref name="from"/>, until the batch is full.</summary>
    /// <param name="output">Gets them; its slab is exchanged for a larger one where they do not fit into an empty one.</param>
    /// <param name="from">Records that were written before.</param>
    /// <param name="most">No more than these.</param>
    /// <returns>Records that are written by now.</returns>
    public int Write(ConsumedBatch output, int from, int most)
    {
        if (from == 0)
        {
            _records.Sort(static (a, b) => (a.Order, a.Sequence).CompareTo((b.Order, b.Sequence)));
        }

        var records = CollectionsMarshal.AsSpan(_records);
        for (; from < records.Length && output.Count < most; from++)
        {
            var record = records[from].Record;
            if (!output.TryAdd(record, _bytes.AsSpan(records[from].Start, records[from].Length)))
            {
                break;
            }
        }

        return from;
    }

    /// <summary>Gives up the events, which were applied before; what only follows them stays.</summary>
    /// <param name="followers">Gets what stays.</param>
    /// <returns>Bytes that are free now.</returns>
    public int Abandon(PendingTransaction followers)
    {
        foreach (var held in _records.Where(held => !held.IsEvent))
        {
            followers.Add(_bytes.AsSpan(held.Start, held.Length), held.Record, 0, isEvent: false);
        }

        IsGone = true;
        return Bytes;
    }

    private int Add(ConsumedBatch from, in ConsumedRecord record, long order, bool isEvent) => Add(from.BytesOf(record), record, order, isEvent);

    private int Add(ReadOnlySpan<byte> bytes, in ConsumedRecord record, long order, bool isEvent)
    {
        if (Bytes + bytes.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(Bytes + bytes.Length, 2 * _bytes.Length));
        }

        bytes.CopyTo(_bytes.AsSpan(Bytes));
        _records.Add(new Held(record, Bytes, bytes.Length, order, _sequence++, isEvent));
        Bytes += bytes.Length;
        return bytes.Length;
    }

    /// <summary>A record with the place of its bytes; key, value and headers stand behind each other.</summary>
    private readonly record struct Held(ConsumedRecord Record, int Start, int Length, long Order, int Sequence, bool IsEvent);
}
