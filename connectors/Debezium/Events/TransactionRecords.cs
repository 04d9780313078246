using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Events;

/// <summary>
/// <c>provide.transaction.metadata</c> (section 2.5): BEGIN and END records, and the <c>transaction</c> block of events. A transaction of which nothing is captured has both records too
/// (capture A30).
/// </summary>
internal sealed class TransactionRecords
{
    private readonly RecordAssembler _records;
    private readonly Transaction _transaction;
    private readonly List<TransactionCount> _touched = [];
    private readonly List<string> _messages = [];
    private readonly KeyShape _key;
    private readonly byte[] _valueOpen;
    private readonly bool _valueSchema;
    private readonly int _topic;
    private TransactionCount? _last;
    private bool _lastIsMessage;
    private long _collectionOrder;
    private ulong _beginLsn;
    private bool _beginDue;

    // All messages as one collection, by the name that Debezium gives to their type; null for Debezium's own way.
    private readonly TransactionCount? _messageCount;

    public TransactionRecords(EventFormat format, RecordAssembler records, Transaction transaction, int topic)
    {
        _records = records;
        _transaction = transaction;
        _topic = topic;
        _messageCount = format.Values.Compat == CompatMode.Correct ? new TransactionCount("LOGICAL_DECODING_MESSAGE") : null;
        _valueSchema = format.ValueSchemas;
        _key = new KeyShape(EventSchemas.TransactionKey, [], "", format.KeySchemas);
        _valueOpen = RelationPlanner.PayloadOpen(_valueSchema, EventSchemas.TransactionValue, "{\"status\":\"");
    }

    /// <summary>Takes the records through the transforms; null where there are none.</summary>
    public ShapedRecords? Shaped { get; set; }

    /// <summary>A transaction begins: BEGIN is held back until it is known to be more than the pipeline's own.</summary>
    /// <param name="lsn">XLogData's start of the Begin message.</param>
    public void Begin(ulong lsn)
    {
        _beginLsn = lsn;
        _beginDue = true;
    }

    /// <summary>Emits the BEGIN that was held back, if there is one.</summary>
    public void Touch()
    {
        if (_beginDue)
        {
            _beginDue = false;
            WriteBegin(_beginLsn);
        }
    }

    private void WriteBegin(ulong lsn)
    {
        _touched.Clear();
        _messages.Clear();
        if (!Open(lsn, (byte)'b'))
        {
            return;
        }

        if (OpenValue("BEGIN"u8, lsn))
        {
            _records.Output.Write("\",\"event_count\":null,\"data_collections\":null,\"ts_ms\":"u8);
            CloseValue();
        }

        Finish(lsn, (byte)'b');
    }

    /// <summary>Emits END, for the pipeline's own transactions nothing.</summary>
    /// <param name="lsn">XLogData's start of the Commit message.</param>
    public void End(ulong lsn)
    {
        if (_transaction.IsOwn)
        {
            _beginDue = false;
            return;
        }

        Touch();
        if (!Open(lsn, (byte)'e'))
        {
            return;
        }

        if (OpenValue("END"u8, lsn))
        {
            WriteCounts();
            CloseValue();
        }

        Finish(lsn, (byte)'e');
    }

    private void WriteCounts()
    {
        var output = _records.Output;
        output.Write("\",\"event_count\":"u8);
        JsonNumber.Write(_transaction.Events, output);
        output.Write(",\"data_collections\":["u8);
        if (_touched.Count + _messages.Count > 1)
        {
            WriteSeveral(output);
        }
        else if (_touched.Count == 1)
        {
            WriteCollection(_touched[0].Json, _touched[0].Events, output);
        }
        else if (_messages.Count == 1)
        {
            WriteCollection(TransactionCount.JsonOf(_messages[0]), 1, output);
        }

        output.Write("],\"ts_ms\":"u8);
    }

    /// <summary>Counts an event of a table, whatever becomes of it: transforms come after the counting.</summary>
    public void Count(RelationPlan plan) => Count(plan.Count);

    /// <summary>Takes the event that was counted last out of the counts, once: it was left out.</summary>
    public void Uncount()
    {
        if (_last is { } count)
        {
            count.Events--;
            if (count.Events == 0)
            {
                _touched.Remove(count);
                count.TransactionNumber = 0;
            }
        }
        else if (_lastIsMessage)
        {
            _messages.RemoveAt(_messages.Count - 1);
        }
        else
        {
            return;
        }

        _transaction.Events--;
        Settle();
    }

    /// <summary>What was counted last has its record: no later failure takes it back.</summary>
    public void Settle()
    {
        _last = null;
        _lastIsMessage = false;
    }

    private void Count(TransactionCount count)
    {
        _last = count;
        if (count.TransactionNumber != _transaction.Number)
        {
            count.TransactionNumber = _transaction.Number;
            count.Events = 0;
            _touched.Add(count);
        }

        Count(++count.Events);
    }

    /// <summary>Counts a logical decoding message: in Debezium each is a collection of its own, named by a Java object identity (capture A2), for which the LSN stands here.</summary>
    public void CountMessage(ulong lsn)
    {
        if (_messageCount is not null)
        {
            Count(_messageCount);
            return;
        }

        _lastIsMessage = true;
        _messages.Add($"io.debezium.connector.postgresql.LogicalDecodingMessageMonitor$LogicalDecodingMessageId@{(uint)lsn:x}");
        Count(1);
    }

    /// <summary>Writes <c>{"id":...}</c> for the event that was counted last.</summary>
    public void WriteBlock(ulong lsn, SlabWriter output)
    {
        output.Write("{\"id\":\""u8);
        WriteId(lsn, output);
        output.Write("\",\"total_order\":"u8);
        JsonNumber.Write(_transaction.Events, output);
        output.Write(",\"data_collection_order\":"u8);
        JsonNumber.Write(_collectionOrder, output);
        output.WriteByte((byte)'}');
    }

    private void Count(long collectionOrder)
    {
        _collectionOrder = collectionOrder;
        _transaction.Events++;
    }

    // The order needs a look at all of them, for which it allocates: once for each transaction that changes several tables.
    private void WriteSeveral(SlabWriter output)
    {
        bool first = true;
        foreach (var (name, count) in JavaHashOrder.Sort([.. _touched.Select(p => (p.Table, p.Events)), .. _messages.Select(m => (m, 1L))]))
        {
            if (!first)
            {
                output.WriteByte((byte)',');
            }

            WriteCollection(TransactionCount.JsonOf(name), count, output);
            first = false;
        }
    }

    private static void WriteCollection(ReadOnlySpan<byte> json, long events, SlabWriter output)
    {
        output.Write(json);
        JsonNumber.Write(events, output);
        output.WriteByte((byte)'}');
    }

    // False where a transform ends the record.
    private bool Open(ulong lsn, byte operation)
    {
        if (Shaped is not null && !Shaped.Begin(_topic, _key, RowChange.OfNoTable(operation, lsn, counted: false)))
        {
            return false;
        }

        var key = Shaped?.Key ?? _key;
        _records.Begin();
        var output = _records.Output;
        output.Write(key.Open);
        output.Write("{\"id\":\""u8);
        WriteId(lsn, output);
        output.WriteByte((byte)'"');
        output.Write(key.Close);
        _records.EndKey();
        return true;
    }

    private bool OpenValue(ReadOnlySpan<byte> status, ulong lsn)
    {
        if (Shaped is { NullsOthers: true })
        {
            _records.NullValue();
            return false;
        }

        var output = _records.Output;
        output.Write(_valueOpen);
        output.Write(status);
        output.Write("\",\"id\":\""u8);
        WriteId(lsn, output);
        return true;
    }

    private void CloseValue()
    {
        JsonNumber.Write(SourceBlock.FloorToMs(_transaction.CommitTimeUs), _records.Output);
        _records.Output.Write(_valueSchema ? "}}"u8 : "}"u8);
        _records.EndValue();
    }

    private void Finish(ulong lsn, byte operation)
    {
        Shaped?.WriteHeaders(RowChange.OfNoTable(operation, lsn, counted: false));
        ref var record = ref _records.Finish(_topic, -1, operation, _transaction.CommitLsn, _transaction.NextOrdinal++);
        Shaped?.Direct(ref record);
    }

    // Every event and both records of one transaction carry their own LSN here: Debezium's way, a trap for who groups by the whole id (section 2.5).
    private void WriteId(ulong lsn, SlabWriter output)
    {
        JsonNumber.Write(_transaction.Id, output);
        output.WriteByte((byte)':');
        JsonNumber.Write((long)lsn, output);
    }
}
