using System.Buffers.Binary;
using System.Text;
using Penstock.Debezium.Events;
using Penstock.Debezium.Snapshots;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Wal;

namespace Penstock.DebeziumTests.Events;

/// <summary>A decoder over a small shop's catalogue, and what it has emitted.</summary>
internal sealed class DecoderBench : ICatalog, ITableSelection
{
    public const uint Orders = 20_001;
    public const uint Hidden = 20_002;
    public const uint Journal = 20_003;
    public const uint Own = 20_004;
    public const uint Signals = 20_005;
    public const uint Outbox = 20_006;
    public const uint Int4 = 23;
    public const uint Text = 25;

    private readonly Dictionary<uint, CatalogTable> _tables;
    private readonly SlabPool _input = new("wal", 1 << 16, 4);

    public DecoderBench(EventFormat? format = null, int slabBytes = 1 << 16, IAdHocSource? adHoc = null, NotificationQueue? notifications = null, EventSkips? skips = null)
    {
        _tables = new[]
        {
            Table(Orders, "public", "orders", ["id"], ("id", Int4, true), ("state", Text, true), ("note", Text, false)),
            Table(Hidden, "public", "hidden", ["id"], ("id", Int4, true)),
            Table(Journal, "public", "journal", [], ("line", Text, false)),
            Table(Signals, "public", "signals", ["id"], ("id", Text, true), ("type", Text, true), ("data", Text, false)),
            Table(Outbox, "public", "outbox", ["id"], ("id", Int4, true), ("aggregatetype", Text, true), ("aggregateid", Text, true), ("payload", Text, false)),
            Table(Own, "penstock", "progress", ["id"], ("id", Int4, true)),
        }.ToDictionary(t => t.Oid);
        Pool = new SlabPool("records", slabBytes, 2);
        Topics = new TopicTable();
        Decoder = new EventDecoder(format ?? Format, this, this, Topics, Pool, Take, null, adHoc, notifications, skips);
    }

    public static EventFormat Format { get; } = new() { TopicPrefix = "shop", Database = "shop" };

    public static (string, uint, bool)[] OrdersColumns => [("id", Int4, true), ("state", Text, false), ("note", Text, false)];

    public EventDecoder Decoder { get; }

    public SlabPool Pool { get; }

    public TopicTable Topics { get; }

    public List<BatchSeen> Batches { get; } = [];

    public IEnumerable<RecordSeen> Records => Batches.SelectMany(b => b.Records);

    /// <summary>Fails instead of taking a batch, when set.</summary>
    public Exception? Refuse { get; set; }

    public DecoderBench Feed(WalScript script, int first = 0, int? count = null, ulong keepalive = 0, SnapshotOrigin? snapshot = null, bool endOfSnapshot = false)
    {
        var batch = script.Batch(_input, first, count, snapshot);
        batch.KeepaliveLsn = keepalive;
        batch.EndOfSnapshot = endOfSnapshot;
        try
        {
            Decoder.Decode(batch);
        }
        finally
        {
            batch.ReturnSlab();
        }

        return this;
    }

    /// <summary>OIDs of which the decoder said that they may have changed.</summary>
    public List<uint> Invalidated { get; } = [];

    public void Invalidate(uint oid) => Invalidated.Add(oid);

    public CatalogTable? FindTable(uint oid) => _tables.GetValueOrDefault(oid);

    public CatalogType? FindType(uint oid) => null;

    public bool Includes(string schema, string table) => table != "hidden";

    public bool IncludesColumn(string schema, string table, string column) => true;

    private void Take(RecordBatch batch)
    {
        if (Refuse is not null)
        {
            batch.ReturnSlab();
            throw Refuse;
        }

        var records = new List<RecordSeen>();
        foreach (ref readonly var record in batch.Records)
        {
            records.Add(new RecordSeen(
                Topics.Name(record.Topic),
                record.KeyLength < 0 ? null : Encoding.UTF8.GetString(batch.Key(record)),
                record.ValueLength < 0 ? null : Encoding.UTF8.GetString(batch.Value(record)),
                (char)record.Operation,
                record.CommitLsn,
                record.Ordinal,
                record.Table < 0 ? "" : batch.Source!.TableName(record.Table))
            {
                TimestampMs = record.TimestampMs,
                Partition = record.Partition,
                Headers = Headers(batch.Slab!.Bytes.AsSpan(record.HeadersOffset, record.HeadersLength)),
            });
        }

        Batches.Add(new BatchSeen(batch.Sequence, batch.Position, records));
        batch.ReturnSlab();
    }

    // As Record.HeadersOffset describes them: name=value, in their order.
    private static string Headers(ReadOnlySpan<byte> range)
    {
        var headers = new List<string>();
        for (int left = range.IsEmpty ? 0 : BinaryPrimitives.ReadInt16BigEndian(range), at = 2; left > 0; left--)
        {
            string name = Field(range, ref at);
            headers.Add($"{name}={Field(range, ref at)}");
        }

        return string.Join(' ', headers);
    }

    private static string Field(ReadOnlySpan<byte> range, ref int at)
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(range[at..]);
        at += sizeof(int) + length;
        return Encoding.UTF8.GetString(range.Slice(at - length, length));
    }

    private static CatalogTable Table(uint oid, string schema, string name, string[] key, params (string Name, uint Type, bool NotNull)[] columns) => new(
        oid,
        schema,
        name,
        'r',
        'd',
        false,
        null,
        [.. columns.Select((c, i) => new CatalogColumn(c.Name, i + 1, c.Type == Int4 ? "integer" : "text", c.Type, -1, c.NotNull, "", "", null, 0))],
        key,
        key.Length == 0 ? [] : [new CatalogIndex($"{name}_pkey", false, true, null, [.. key])]);
}

/// <summary>A batch as it was emitted.</summary>
internal sealed record BatchSeen(long Sequence, ulong Position, IReadOnlyList<RecordSeen> Records);

/// <summary>A record as it was emitted.</summary>
internal sealed record RecordSeen(string Topic, string? Key, string? Value, char Operation, ulong CommitLsn, long Ordinal, string Table)
{
    /// <summary>-1 for none.</summary>
    public long TimestampMs { get; init; }

    /// <summary>-1 for none.</summary>
    public int Partition { get; init; }

    /// <summary>name=value, with blanks between; "" for none.</summary>
    public string Headers { get; init; } = "";
}
