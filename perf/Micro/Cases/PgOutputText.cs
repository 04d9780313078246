using System.Buffers.Binary;
using System.Text;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Wal;

namespace Penstock.Micro.Cases;

/// <summary>
/// Writes a stream of pgoutput messages, protocol version 1 in text format (protocol page "Logical Replication Message Formats"). Made before anything is measured, so it
/// may allocate.
/// </summary>
internal sealed class PgOutputText
{
    /// <summary>Stands for a TOASTed value that did not change.</summary>
    public const string Unchanged = "\u0001unchanged";

    // 2026-11-22 in microseconds since 2000: timestamps of the length they have today.
    private const long CommitTimeUs = 848_639_028_020_080;
    private const long ReceivedAtUnixNs = 1_795_323_828_123_456_789;

    private readonly List<byte> _bytes = [];
    private readonly List<WalMessage> _messages = [];
    private ulong _lsn = 0x16_B374_D848;

    /// <summary>Bytes of all messages.</summary>
    public int Length => _bytes.Count;

    public PgOutputText Begin(uint transactionId) => Message(() =>
    {
        Byte('B');
        UInt64(_lsn + 0x100_0000);
        UInt64(CommitTimeUs);
        UInt32(transactionId);
    });

    public PgOutputText Commit() => Message(() =>
    {
        Byte('C');
        Byte('\0');
        UInt64(_lsn);
        UInt64(_lsn + 48);
        UInt64(CommitTimeUs);
    });

    public PgOutputText Relation(SampleTable table) => Message(() =>
    {
        Byte('R');
        UInt32(SampleTable.Oid);
        Name("public");
        Name(table.Name);
        Byte('d');
        UInt16(table.Columns.Length);
        for (int i = 0; i < table.Columns.Length; i++)
        {
            var column = table.Columns[i];
            Byte(i == 0 ? '\u0001' : '\0');
            Name(column.Name);
            UInt32(column.TypeOid);
            UInt32((uint)column.Modifier);
        }
    });

    public PgOutputText Insert(string?[] row) => Message(() =>
    {
        Byte('I');
        UInt32(SampleTable.Oid);
        Tuple('N', row);
    });

    /// <summary>An update without an old row, as under REPLICA IDENTITY DEFAULT.</summary>
    public PgOutputText Update(string?[] row) => Message(() =>
    {
        Byte('U');
        UInt32(SampleTable.Oid);
        Tuple('N', row);
    });

    /// <summary>An update with the whole old row, as under REPLICA IDENTITY FULL.</summary>
    public PgOutputText UpdateFull(string?[] old, string?[] row) => Message(() =>
    {
        Byte('U');
        UInt32(SampleTable.Oid);
        Tuple('O', old);
        Tuple('N', row);
    });

    public PgOutputText Delete(string?[] key) => Message(() =>
    {
        Byte('D');
        UInt32(SampleTable.Oid);
        Tuple('K', key);
    });

    /// <summary>Everything so far as one batch in a slab of its own.</summary>
    public WalBatch ToBatch()
    {
        var batch = new WalBatch { Slab = new SlabPool("wal", Math.Max(Length, 1024), 1).Rent("micro"), ReceivedAtUnixNs = ReceivedAtUnixNs };
        _bytes.CopyTo(batch.Slab.Bytes);
        foreach (var message in _messages)
        {
            batch.Add(message);
        }

        return batch;
    }

    private PgOutputText Message(Action write)
    {
        int start = Length;
        write();
        _messages.Add(new WalMessage(start, Length - start, _lsn));
        _lsn += (ulong)(Length - start);
        return this;
    }

    private void Tuple(char kind, string?[] row)
    {
        Byte(kind);
        UInt16(row.Length);
        foreach (string? value in row)
        {
            Byte(value is null ? 'n' : value == Unchanged ? 'u' : 't');
            if (value is not (null or Unchanged))
            {
                byte[] text = Encoding.UTF8.GetBytes(value);
                UInt32((uint)text.Length);
                _bytes.AddRange(text);
            }
        }
    }

    private void Name(string name)
    {
        _bytes.AddRange(Encoding.UTF8.GetBytes(name));
        Byte('\0');
    }

    private void Byte(char value) => _bytes.Add((byte)value);

    private void UInt16(int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteInt16BigEndian(bytes, (short)value);
        _bytes.AddRange(bytes);
    }

    private void UInt32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        _bytes.AddRange(bytes);
    }

    private void UInt64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        _bytes.AddRange(bytes);
    }
}
