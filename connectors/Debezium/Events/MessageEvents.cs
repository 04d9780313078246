using System.Buffers.Text;
using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>Logical decoding messages, <c>pg_logical_emit_message</c> (section 2.6).</summary>
internal sealed class MessageEvents(
    EventFormat format,
    RecordAssembler records,
    Transaction transaction,
    SourceBlock source,
    EnvelopeClock clock,
    TransactionRecords? metadata,
    Func<int> findTopic,
    ShapedRecords? shaped)
{
    /// <summary>Where the prefix begins in a Message message: type, flags, LSN.</summary>
    public const int PrefixOffset = 1 + 1 + sizeof(ulong);

    private readonly KeyShape _key = new(EventSchemas.MessageKey, [], "", format.KeySchemas);

    private readonly byte[] _valueOpen =
        RelationPlanner.PayloadOpen(format.ValueSchemas, EventSchemas.MessageValue(format.Values.Binary != BinaryMode.Bytes), "{\"op\":\"m\",\"ts_ms\":");

    // A topic is announced when it gets its first record: many pipelines never write a message.
    private int _topic = -1;

    /// <summary>Writes the event of a message, if its prefix is captured.</summary>
    /// <param name="transactional">Part of the transaction at hand; else it stands alone, and its own LSN is its identity.</param>
    /// <param name="prefix">UTF-8.</param>
    /// <param name="content">Any bytes.</param>
    /// <param name="lsn">XLogData's start.</param>
    public void Write(bool transactional, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> content, ulong lsn)
    {
        bool correct = format.Values.Compat == CompatMode.Correct;
        if (!transactional && !correct)
        {
            // Debezium takes such a message for a commit, captured or not: its LSN becomes the last commit's, and its time is that of the transaction before, or of the start (capture A3), and so is its origin.
            transaction.LastCommitLsn = lsn;
        }

        if (!format.MessagePrefixes.Includes(prefix))
        {
            return;
        }

        if (transactional)
        {
            metadata?.CountMessage(lsn);
        }
        else
        {
            transaction.CommitTimeUs = transaction.CommitTimeUs == 0 || correct ? records.ReceivedAtUnixNs / 1000 : transaction.CommitTimeUs;
            source.Prepare(transaction, withId: false, withOrigin: !correct);
        }

        _topic = _topic < 0 ? findTopic() : _topic;
        var change = RowChange.OfNoTable((byte)'m', lsn, transactional, prefix, content);
        if (shaped is not null && !shaped.Begin(_topic, _key, change))
        {
            return;
        }

        if (shaped is { NullsOthers: false, DecodedEnvelope: { } row })
        {
            WriteDecoded(row, change);
        }
        else if (shaped is { IsOwn: false })
        {
            shaped.WriteWhole(change);
        }
        else
        {
            WriteMessage(shaped?.Key ?? _key, change);
        }

        shaped?.WriteHeaders(change);
        ref var record = ref records.Finish(_topic, -1, (byte)'m', transactional ? transaction.CommitLsn : lsn, transactional ? transaction.NextOrdinal++ : 0);
        shaped?.Direct(ref record);
        metadata?.Settle();
    }

    private void WriteMessage(KeyShape key, scoped in RowChange change)
    {
        records.Begin();
        var output = records.Output;
        output.Write(key.Open);
        output.Write("{\"prefix\":"u8);
        JsonText.WriteString(change.Prefix, output);
        output.Write(key.Close);
        records.EndKey();
        if (shaped is { NullsOthers: true })
        {
            records.NullValue();
            return;
        }

        output.Write(_valueOpen);
        WriteBlocks(change, output);
        output.Write(",\"message\":{\"prefix\":"u8);
        JsonText.WriteString(change.Prefix, output);
        output.Write(",\"content\":\""u8);
        WriteContent(change.Message, output);
        output.Write(format.ValueSchemas ? "\"}}}"u8 : "\"}}"u8);
        records.EndValue();
    }

    // A message that DecodeLogicalDecodingMessageContent made the event of a row.
    private void WriteDecoded(DecodedRow row, scoped in RowChange change)
    {
        records.Begin();
        records.NullKey();
        var output = records.Output;
        output.Write(RelationPlanner.PayloadOpen(format.ValueSchemas, DecodedMessages.Schema(EventSchemas.MessageValue(contentAsText: false), row.Schema), "{\"op\":\"c\",\"ts_ms\":"));
        WriteBlocks(change, output);
        output.Write(",\"after\":"u8);
        output.Write(row.Json);
        output.Write(format.ValueSchemas ? "}}"u8 : "}"u8);
        records.EndValue();
    }

    private void WriteBlocks(scoped in RowChange change, SlabWriter output)
    {
        JsonNumber.Write(clock.Ms, output);
        source.Write(default, change.Lsn, output);
        output.Write(",\"transaction\":"u8);
        if (metadata is not null && change.Counted)
        {
            metadata.WriteBlock(change.Lsn, output);
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
