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
    private readonly byte[] _keyOpen;
    private readonly byte[] _valueOpen;
    private readonly bool _keySchema;
    private readonly bool _valueSchema;
    private readonly int _topic;

    // All messages as one collection, by the name that Debezium gives to their type; null for Debezium's own way.
    private readonly TransactionCount? _messageCount;

    public TransactionRecords(EventFormat format, RecordAssembler records, Transaction transaction, int topic)
    {
        _records = records;
        _transaction = transaction;
        _topic = topic;
        _messageCount = format.Values.Compat == CompatMode.Correct ? new TransactionCount("LOGICAL_DECODING_MESSAGE") : null;
        _keySchema = format.KeySchemas;
        _valueSchema = format.ValueSchemas;
        _keyOpen = RelationPlanner.PayloadOpen(_keySchema, EventSchemas.TransactionKey, "");
        _valueOpen = RelationPlanner.PayloadOpen(_valueSchema, EventSchemas.TransactionValue, "{\"status\":\"");
    }

    /// <summary>Emits BEGIN.</summary>
    /// <param name="lsn">XLogData's start of the Begin message.</param>
    public void Begin(ulong lsn)
    {
        _touched.Clear();
        _messages.Clear();
        var output = Open("BEGIN"u8, lsn);
        output.Write("\",\"event_count\":null,\"data_collections\":null,\"ts_ms\":"u8);
        Close(output, (byte)'b');
    }

    /// <summary>Emits END.</summary>
    /// <param name="lsn">XLogData's start of the Commit message.</param>
    public void End(ulong lsn)
    {
        var output = Open("END"u8, lsn);
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
        Close(output, (byte)'e');
    }

    /// <summary>Counts an event of a table and writes <c>{"id":...}</c> for it.</summary>
    public void WriteBlock(RelationPlan plan, ulong lsn, SlabWriter output) => WriteBlock(plan.Count, lsn, output);

    private void WriteBlock(TransactionCount count, ulong lsn, SlabWriter output)
    {
        if (count.TransactionNumber != _transaction.Number)
        {
            count.TransactionNumber = _transaction.Number;
            count.Events = 0;
            _touched.Add(count);
        }

        WriteBlock(++count.Events, lsn, output);
    }

    /// <summary>Counts a logical decoding message: in Debezium each is a collection of its own, named by a Java object identity (capture A2), for which the LSN stands here.</summary>
    public void WriteMessageBlock(ulong lsn, SlabWriter output)
    {
        if (_messageCount is not null)
        {
            WriteBlock(_messageCount, lsn, output);
            return;
        }

        _messages.Add($"io.debezium.connector.postgresql.LogicalDecodingMessageMonitor$LogicalDecodingMessageId@{(uint)lsn:x}");
        WriteBlock(1, lsn, output);
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

    private void WriteBlock(long collectionOrder, ulong lsn, SlabWriter output)
    {
        output.Write("{\"id\":\""u8);
        WriteId(lsn, output);
        output.Write("\",\"total_order\":"u8);
        JsonNumber.Write(++_transaction.Events, output);
        output.Write(",\"data_collection_order\":"u8);
        JsonNumber.Write(collectionOrder, output);
        output.WriteByte((byte)'}');
    }

    private SlabWriter Open(ReadOnlySpan<byte> status, ulong lsn)
    {
        _records.Begin();
        var output = _records.Output;
        output.Write(_keyOpen);
        output.Write("{\"id\":\""u8);
        WriteId(lsn, output);
        output.Write(_keySchema ? "\"}}"u8 : "\"}"u8);
        _records.EndKey();
        output.Write(_valueOpen);
        output.Write(status);
        output.Write("\",\"id\":\""u8);
        WriteId(lsn, output);
        return output;
    }

    private void Close(SlabWriter output, byte operation)
    {
        JsonNumber.Write(SourceBlock.FloorToMs(_transaction.CommitTimeUs), output);
        output.Write(_valueSchema ? "}}"u8 : "}"u8);
        _records.EndValue();
        _records.Finish(_topic, -1, operation, _transaction.CommitLsn, _transaction.NextOrdinal++);
    }

    // Every event and both records of one transaction carry their own LSN here: Debezium's way, a trap for who groups by the whole id (section 2.5).
    private void WriteId(ulong lsn, SlabWriter output)
    {
        JsonNumber.Write(_transaction.Id, output);
        output.WriteByte((byte)':');
        JsonNumber.Write((long)lsn, output);
    }
}
