using System.Buffers.Text;
using System.Text;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>
/// Writes the <c>source</c> block (section 2.3). What is the same for all rows of a transaction is put together once; per row only the table's part and the LSN change.
/// </summary>
internal sealed class SourceBlock
{
    private const int MaxDigits = 20;

    private static readonly byte[] NoTable = JsonLiteral.Bytes("\"schema\":\"\",\"table\":\"\",\"txId\":");

    private readonly byte[] _open;
    private readonly byte[] _streamed;
    private readonly byte[] _database;
    private readonly JsonBuffer _head = new();
    private readonly JsonBuffer _times = new();
    private readonly JsonBuffer _transactionId = new();
    private readonly JsonBuffer _tail = new();
    private int _fixedBytes;
    private bool _hidesLsn;

    public SourceBlock(EventFormat format)
    {
        _open = JsonLiteral.Bytes(
            $",\"source\":{{\"version\":{JsonLiteral.Quote(format.SourceVersion)},\"connector\":{JsonLiteral.Quote(format.SourceConnector)},\"name\":{JsonLiteral.Quote(format.TopicPrefix)},\"ts_ms\":");
        // A streamed event has no snapshot marker; the converter writes the field's default for it.
        _streamed = JsonLiteral.Bytes(format.ReplaceNullWithDefault ? "\"false\"" : "null");
        _database = JsonLiteral.Bytes($",\"db\":{JsonLiteral.Quote(format.Database)},\"sequence\":\"[");
    }

    /// <summary>The slot's catalog_xmin as it goes into what is prepared from now on; 0 for null.</summary>
    public uint Xmin { get; set; }

    /// <summary>Prepares the block for the rows of a transaction.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="withId">Whether its id belongs to the event.</param>
    /// <param name="withOrigin">Whether its origin does.</param>
    public void Prepare(Transaction transaction, bool withId, bool withOrigin = true)
    {
        PrepareCommon(transaction.CommitTimeUs * 1000, _streamed, transaction.LastCommitLsn);
        PrepareId(withId, transaction.Id);
        _tail.Clear().Add(",\"xmin\":"u8);
        _ = Xmin == 0 ? _tail.Add("null"u8) : _tail.Add(Xmin);
        _tail.Add(",\"origin\":"u8);
        if (withOrigin && transaction.HasOrigin)
        {
            // An origin's name is an identifier chosen by an administrator; JSON's special characters in it are rare and escaped the slow way.
            _tail.Add(JsonLiteral.Bytes(JsonLiteral.Quote(Encoding.UTF8.GetString(transaction.Origin))))
                .Add(",\"origin_lsn\":"u8).Add(unchecked((long)transaction.OriginLsn)).Add("}"u8);
        }
        else
        {
            _tail.Add("null,\"origin_lsn\":null}"u8);
        }

        _fixedBytes = _head.Length + _times.Length + _transactionId.Length + _tail.Length + (2 * MaxDigits);
    }

    /// <summary>Prepares the block for rows of a snapshot with one marker.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="marker">Place of the rows in it.</param>
    /// <param name="lastCommitLsn">Of a blocking snapshot; 0 for the first one, which comes before any commit.</param>
    public void PrepareSnapshot(SnapshotOrigin snapshot, SnapshotMarker marker, ulong lastCommitLsn = 0)
    {
        PrepareCommon(snapshot.TimestampUs * 1000, Text(marker), lastCommitLsn);
        PrepareId(true, snapshot.TransactionId);
        PrepareNoOrigin();
    }

    /// <summary>Prepares the block for rows of an incremental snapshot, which have neither transaction nor position, but for the sequence (capture A23).</summary>
    /// <param name="timeNs">When their window was closed, nanoseconds since 1970.</param>
    /// <param name="lastCommitLsn">The last commit.</param>
    public void PrepareIncremental(long timeNs, ulong lastCommitLsn)
    {
        PrepareCommon(timeNs, "\"incremental\""u8, lastCommitLsn);
        PrepareId(false, 0);
        PrepareNoOrigin();
        _hidesLsn = true;
    }

    /// <summary>Writes <c>,"source":{...}</c>.</summary>
    /// <param name="table">The relation's part, or default for events of no table.</param>
    /// <param name="lsn">LSN of the change.</param>
    /// <param name="output">Where to.</param>
    public void Write(ReadOnlySpan<byte> table, ulong lsn, SlabWriter output)
    {
        if (table.IsEmpty)
        {
            table = NoTable;
        }

        var span = output.GetSpan(_fixedBytes + table.Length);
        int at = Copy(_head.Span, span, 0);
        int lsnAt = at;
        Utf8Formatter.TryFormat(lsn, span[at..], out int digits);
        at = Copy(_times.Span, span, at + digits);
        at = Copy(table, span, at);
        at = Copy(_transactionId.Span, span, at);
        at = Copy(_hidesLsn ? "null"u8 : span.Slice(lsnAt, digits), span, at);
        at = Copy(_tail.Span, span, at);
        output.Advance(at);
    }

    private static int Copy(ReadOnlySpan<byte> piece, Span<byte> span, int at)
    {
        piece.CopyTo(span[at..]);
        return at + piece.Length;
    }

    private void PrepareNoOrigin()
    {
        _tail.Clear().Add(",\"xmin\":null,\"origin\":null,\"origin_lsn\":null}"u8);
        _fixedBytes = _head.Length + _times.Length + _transactionId.Length + _tail.Length + (2 * MaxDigits);
    }

    private void PrepareCommon(long timeNs, ReadOnlySpan<byte> snapshot, ulong lastCommitLsn)
    {
        long timeUs = Floor(timeNs);
        _hidesLsn = false;
        _head.Clear().Add(_open).Add(FloorToMs(timeUs)).Add(",\"snapshot\":"u8).Add(snapshot).Add(_database);
        if (lastCommitLsn == 0)
        {
            _head.Add("null,\\\""u8);
        }
        else
        {
            _head.Add("\\\""u8).Add(lastCommitLsn).Add("\\\",\\\""u8);
        }

        _times.Clear().Add("\\\"]\",\"ts_us\":"u8).Add(timeUs).Add(",\"ts_ns\":"u8).Add(timeNs).Add(","u8);
    }

    private void PrepareId(bool withId, uint id)
    {
        _transactionId.Clear();
        if (withId)
        {
            _transactionId.Add(id);
        }
        else
        {
            _transactionId.Add("null"u8);
        }

        _transactionId.Add(",\"lsn\":"u8);
    }

    public static long FloorToMs(long us) => Floor(us);

    private static long Floor(long value) => value >= 0 ? value / 1000 : -((-value + 999) / 1000);

    private static ReadOnlySpan<byte> Text(SnapshotMarker marker) => marker switch
    {
        SnapshotMarker.First => "\"first\""u8,
        SnapshotMarker.FirstInDataCollection => "\"first_in_data_collection\""u8,
        SnapshotMarker.LastInDataCollection => "\"last_in_data_collection\""u8,
        SnapshotMarker.Last => "\"last\""u8,
        _ => "\"true\""u8,
    };
}
