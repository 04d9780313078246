using System.Buffers.Binary;
using System.Buffers.Text;
using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>Logical decoding messages, <c>pg_logical_emit_message</c> (section 2.6).</summary>
internal sealed class MessageEvents(
    EventFormat format, RecordAssembler records, Transaction transaction, SourceBlock source, EnvelopeClock clock, TransactionRecords? metadata, Func<int> findTopic, OutboxWriter? outbox)
{
    /// <summary>Where the prefix begins in a Message message: type, flags, LSN.</summary>
    public const int PrefixOffset = 1 + 1 + sizeof(ulong);

    private readonly byte[] _keyOpen = RelationPlanner.PayloadOpen(format.KeySchemas, EventSchemas.MessageKey, "{\"prefix\":");

    private readonly byte[] _valueOpen =
        RelationPlanner.PayloadOpen(format.ValueSchemas, EventSchemas.MessageValue(format.Values.Binary != BinaryMode.Bytes), "{\"op\":\"m\",\"ts_ms\":");

    // A topic is announced when it gets its first record: many pipelines never write a message.
    private int _topic = -1;

    /// <summary>Whether a message with this prefix is captured.</summary>
    public bool Includes(ReadOnlySpan<byte> prefix) => format.MessagePrefixes.Includes(prefix);

    /// <param name="transactional">Part of the transaction at hand; else it stands alone, and its own LSN is its identity.</param>
    /// <param name="prefix">UTF-8.</param>
    /// <param name="content">Any bytes.</param>
    /// <param name="lsn">XLogData's start.</param>
    public void Write(bool transactional, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> content, ulong lsn)
    {
        if (format.Transforms.Decode is { } decode)
        {
            WriteDecoded(decode, transactional, content, lsn);
            return;
        }

        _topic = _topic < 0 ? findTopic() : _topic;
        records.Begin();
        var output = records.Output;
        output.Write(_keyOpen);
        JsonText.WriteString(prefix, output);
        output.Write(format.KeySchemas ? "}}"u8 : "}"u8);
        records.EndKey();
        output.Write(_valueOpen);
        WriteBlocks(transactional, lsn, output);
        output.Write(",\"message\":{\"prefix\":"u8);
        JsonText.WriteString(prefix, output);
        output.Write(",\"content\":\""u8);
        WriteContent(content, output);
        output.Write(format.ValueSchemas ? "\"}}}"u8 : "\"}}"u8);
        records.EndValue();
        records.Finish(_topic, -1, (byte)'m', transactional ? transaction.CommitLsn : lsn, transactional ? transaction.NextOrdinal++ : 0);
    }

    // The row of a message is read for each: messages are few, and Debezium guesses their schema from each of them too.
    private void WriteDecoded(DecodedMessages decode, bool transactional, ReadOnlySpan<byte> content, ulong lsn)
    {
        if (format.Values.Binary != BinaryMode.Bytes)
        {
            throw new TransformException("DecodeLogicalDecodingMessageContent needs binary.handling.mode=bytes");
        }

        var (schema, json, row) = decode.Expansion.Expand(null, content.ToArray())
            ?? throw new TransformException("a logical message whose content is no JSON object with values of one type for each field, which DecodeLogicalDecodingMessageContent needs");
        int headers = 0;
        Dictionary<string, OutboxColumn>? columns = null;
        if (outbox is not null)
        {
            columns = schema.Fields.ToDictionary(f => f.Field!, f => new OutboxColumn(f, JsonExpansion.Written(row.GetProperty(f.Field!), f)), StringComparer.Ordinal);
            headers = outbox.Write(columns, null);
        }
        else
        {
            _topic = _topic < 0 ? findTopic() : _topic;
            records.Begin();
            records.NullKey();
            var output = records.Output;
            output.Write(RelationPlanner.PayloadOpen(format.ValueSchemas, DecodedMessages.Schema(EventSchemas.MessageValue(contentAsText: false), schema), "{\"op\":\"c\",\"ts_ms\":"));
            WriteBlocks(transactional, lsn, output);
            output.Write(",\"after\":"u8);
            output.Write(json);
            output.Write(format.ValueSchemas ? "}}"u8 : "}"u8);
            records.EndValue();
        }

        if (columns is not null)
        {
            // Messages have no context headers, so the outbox event's own are all.
            BinaryPrimitives.WriteInt16BigEndian(records.Output.GetSpan(sizeof(short)), (short)headers);
            records.Output.Advance(sizeof(short));
            outbox!.WriteHeaders(columns);
        }

        ref var record = ref records.Finish(
            outbox?.Topic ?? _topic, -1, (byte)'m', transactional ? transaction.CommitLsn : lsn, transactional ? transaction.NextOrdinal++ : 0);
        record.Partition = outbox is { Partition: >= 0 } ? outbox.Partition : record.Partition;
    }

    private void WriteBlocks(bool transactional, ulong lsn, SlabWriter output)
    {
        JsonNumber.Write(clock.Ms, output);
        source.Write(default, lsn, output);
        output.Write(",\"transaction\":"u8);
        if (metadata is not null && transactional)
        {
            metadata.WriteMessageBlock(lsn, output);
        }
        else
        {
            output.Write("null"u8);
        }
    }

    /// <summary>Reads a Message message and hands out its parts.</summary>
    /// <exception cref="MalformedWalException">It is cut short.</exception>
    public static (bool Transactional, int PrefixLength, int ContentLength) Parse(ReadOnlySpan<byte> message)
    {
        var reader = new PgOutputReader(message[1..]);
        bool transactional = (reader.ReadByte() & 1) != 0;
        reader.ReadUInt64();
        int prefix = reader.ReadCString().Length;
        int content = reader.ReadInt32();
        if (content != reader.Remaining)
        {
            throw new MalformedWalException($"a logical message of {content} bytes where {reader.Remaining} are left");
        }

        return (transactional, prefix, content);
    }

    private void WriteContent(ReadOnlySpan<byte> content, SlabWriter output)
    {
        if (format.Values.Binary == BinaryMode.Hex)
        {
            Convert.TryToHexStringLower(content, output.GetSpan(content.Length * 2), out int digits);
            output.Advance(digits);
            return;
        }

        var span = output.GetSpan(Base64.GetMaxEncodedToUtf8Length(content.Length));
        Base64.EncodeToUtf8(content, span, out _, out int written);
        if (format.Values.Binary == BinaryMode.Base64UrlSafe)
        {
            span[..written].Replace((byte)'+', (byte)'-');
            span[..written].Replace((byte)'/', (byte)'_');
        }

        output.Advance(written);
    }
}
