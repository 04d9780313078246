using System.Buffers.Binary;
using System.Text;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Wal;

namespace Penstock.DebeziumTests.Events;

/// <summary>Writes pgoutput messages by hand, in the order of a stream.</summary>
internal sealed class WalScript
{
    /// <summary>Stands for a TOASTed value that did not change.</summary>
    public const string Unchanged = "\u0001unchanged";

    private readonly List<(byte[] Bytes, ulong Lsn, SnapshotMarker Marker)> _messages = [];

    public int Count => _messages.Count;

    public WalScript Begin(ulong finalLsn, uint id = 700, long timeUs = 848_639_028_020_080)
    {
        var message = new List<byte> { (byte)'B' };
        Add(message, finalLsn);
        Add(message, (ulong)timeUs);
        Add(message, id);
        return Append(message, finalLsn - 100);
    }

    public WalScript Commit(ulong finalLsn, ulong endLsn)
    {
        var message = new List<byte> { (byte)'C', 0 };
        Add(message, finalLsn);
        Add(message, endLsn);
        Add(message, 848_639_028_020_080UL);
        return Append(message, endLsn);
    }

    public WalScript Relation(uint oid, string schema, string name, char identity, params (string Name, uint Type, bool Key)[] columns)
    {
        var message = new List<byte> { (byte)'R' };
        Add(message, oid);
        AddText(message, schema);
        AddText(message, name);
        message.Add((byte)identity);
        Add(message, (short)columns.Length);
        foreach (var (column, type, key) in columns)
        {
            message.Add(key ? (byte)1 : (byte)0);
            AddText(message, column);
            Add(message, type);
            Add(message, uint.MaxValue);
        }

        return Append(message, 0);
    }

    public WalScript Insert(ulong lsn, uint oid, params string?[] values) => Append(Row('I', oid, null, ' ', values), lsn);

    public WalScript Update(ulong lsn, uint oid, string?[]? old, char oldKind, params string?[] values) => Append(Row('U', oid, old, oldKind, values), lsn);

    public WalScript Delete(ulong lsn, uint oid, char kind, params string?[] old) => Append(Row('D', oid, old, kind, null), lsn);

    public WalScript Message(ulong lsn, bool transactional, string prefix, string content)
    {
        var message = new List<byte> { (byte)'M', transactional ? (byte)1 : (byte)0 };
        Add(message, lsn);
        AddText(message, prefix);
        Add(message, (uint)content.Length);
        message.AddRange(Encoding.UTF8.GetBytes(content));
        return Append(message, lsn);
    }

    public WalScript Raw(byte[] message, ulong lsn) => Append([.. message], lsn);

    public WalScript Marked(SnapshotMarker marker)
    {
        _messages[^1] = _messages[^1] with { Marker = marker };
        return this;
    }

    public byte[] Bytes(int message) => _messages[message].Bytes;

    public ulong MessageLsn(int message) => _messages[message].Lsn;

    /// <summary>The messages from <paramref name="first"/> as one batch.</summary>
    public WalBatch Batch(SlabPool pool, int first = 0, int? count = null, SnapshotOrigin? snapshot = null)
    {
        var messages = _messages.GetRange(first, count ?? _messages.Count - first);
        var batch = new WalBatch { Slab = pool.Rent("test", messages.Sum(m => m.Bytes.Length)), ReceivedAtUnixNs = 1_700_000_000_123_456_789, Snapshot = snapshot };
        int offset = 0;
        foreach (var (bytes, lsn, marker) in messages)
        {
            bytes.CopyTo(batch.Slab.Bytes, offset);
            batch.Add(new WalMessage(offset, bytes.Length, lsn, marker));
            offset += bytes.Length;
        }

        return batch;
    }

    private WalScript Append(List<byte> message, ulong lsn)
    {
        _messages.Add(([.. message], lsn, SnapshotMarker.None));
        return this;
    }

    private static List<byte> Row(char type, uint oid, string?[]? old, char oldKind, string?[]? values)
    {
        var message = new List<byte> { (byte)type };
        Add(message, oid);
        if (old is not null)
        {
            message.Add((byte)oldKind);
            AddTuple(message, old);
        }

        if (values is not null)
        {
            message.Add((byte)'N');
            AddTuple(message, values);
        }

        return message;
    }

    private static void AddTuple(List<byte> message, string?[] values)
    {
        Add(message, (short)values.Length);
        foreach (string? value in values)
        {
            if (value is null or Unchanged)
            {
                message.Add(value is null ? (byte)'n' : (byte)'u');
                continue;
            }

            byte[] text = Encoding.UTF8.GetBytes(value);
            message.Add((byte)'t');
            Add(message, (uint)text.Length);
            message.AddRange(text);
        }
    }

    private static void AddText(List<byte> message, string text) => message.AddRange([.. Encoding.UTF8.GetBytes(text), 0]);

    private static void Add(List<byte> message, short value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteInt16BigEndian(bytes, value);
        message.AddRange(bytes);
    }

    private static void Add(List<byte> message, uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        message.AddRange(bytes);
    }

    private static void Add(List<byte> message, ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        message.AddRange(bytes);
    }
}
