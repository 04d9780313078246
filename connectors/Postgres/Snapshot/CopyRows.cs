using System.Buffers.Binary;
using System.Text;
using Penstock.Postgres.Wal;

namespace Penstock.Postgres.Snapshot;

/// <summary>
/// Reads rows of text fields from COPY's binary format and turns each into a pgoutput Insert message: the two differ only by a type byte for each field.
/// </summary>
/// <remarks>
/// Manual, COPY, "Binary Format": signature, flags, header extension; for each row an int16 count of fields, for each field an int32 length (-1: null) and bytes; at the end -1.
/// </remarks>
internal sealed class CopyRows : IDisposable
{
    private const short EndOfRows = -1;

    // Npgsql's own read buffer has 8 KB; larger steps mean fewer calls and no more copying.
    private const int BufferBytes = 64 * 1024;

    /// <summary>A field of Postgres is at most 1 GB.</summary>
    private const int MostFieldBytes = 1 << 30;

    private const int MostClaimedBytes = 1 << 20;

    private static readonly byte[] Signature = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8];

    private readonly Stream _stream;
    private readonly uint _oid;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;
    private short _fields;

    public CopyRows(Stream stream, uint oid)
    {
        _stream = stream;
        _oid = oid;
        Span<byte> header = stackalloc byte[Signature.Length + 8];
        ReadExactly(header);
        if (!header[..Signature.Length].SequenceEqual(Signature))
        {
            throw new MalformedWalException("COPY did not begin with the signature of its binary format");
        }

        int extension = BinaryPrimitives.ReadInt32BigEndian(header[(Signature.Length + 4)..]);
        if (extension != 0)
        {
            throw new MalformedWalException($"COPY's header has an extension of {extension} bytes");
        }

        Peek();
    }

    /// <summary>There is another row.</summary>
    public bool HasRow => _fields != EndOfRows;

    /// <summary>Appends the row's Insert message to <paramref name="row"/> and looks whether another one follows.</summary>
    /// <exception cref="MalformedWalException">The bytes are not what COPY's binary format says, or end too early.</exception>
    public void ReadRow(RowBytes row)
    {
        ReadFields(row, _fields);
        Peek();
    }

    /// <summary>As <see cref="ReadRow(RowBytes)"/>, but the last fields are no part of the row: they go into <paramref name="more"/>.</summary>
    public void ReadRow(RowBytes row, string?[] more)
    {
        if (_fields < more.Length)
        {
            throw new MalformedWalException($"COPY gives a row of {_fields} fields in relation {_oid} where {more.Length} more than the table's are asked for");
        }

        ReadFields(row, (short)(_fields - more.Length));
        for (int i = 0; i < more.Length; i++)
        {
            int length = ReadLength();
            byte[]? text = length < 0 ? null : new byte[length];
            ReadExactly(text);
            more[i] = text is null ? null : Encoding.UTF8.GetString(text);
        }

        Peek();
    }

    private void ReadFields(RowBytes row, short count)
    {
        row.WriteByte((byte)'I');
        row.WriteUInt32(_oid);
        row.WriteByte((byte)'N');
        row.WriteInt16(count);
        for (int i = 0; i < count; i++)
        {
            int length = ReadLength();
            if (length == -1)
            {
                row.WriteByte((byte)'n');
                continue;
            }

            row.WriteByte((byte)'t');
            row.WriteInt32(length);
            ReadField(row, length);
        }
    }

    private int ReadLength()
    {
        int length = ReadInt32();
        return length is >= -1 and <= MostFieldBytes ? length : throw new MalformedWalException($"COPY gives a field of {length} bytes in relation {_oid}");
    }

    public void Dispose() => _stream.Dispose();

    // Piece by piece: a length that lies costs no more memory than what really comes, twice.
    private void ReadField(RowBytes row, int length)
    {
        while (length > 0)
        {
            int piece = Math.Min(length, MostClaimedBytes);
            ReadExactly(row.Claim(piece));
            length -= piece;
        }
    }

    private void Peek()
    {
        Span<byte> count = stackalloc byte[2];
        ReadExactly(count);
        _fields = BinaryPrimitives.ReadInt16BigEndian(count);
        if (_fields < EndOfRows)
        {
            throw new MalformedWalException($"COPY gives a row of {_fields} fields in relation {_oid}");
        }
    }

    private int ReadInt32()
    {
        if (_end - _start >= 4)
        {
            int value = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
            _start += 4;
            return value;
        }

        Span<byte> bytes = stackalloc byte[4];
        ReadExactly(bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }

    private void ReadExactly(Span<byte> target)
    {
        while (target.Length > 0)
        {
            if (_start == _end)
            {
                bool direct = target.Length >= _buffer.Length;
                int read = _stream.Read(direct ? target : _buffer);
                // Below zero: the driver believes a length that lies.
                if (read <= 0)
                {
                    throw new MalformedWalException($"COPY of relation {_oid} ended in the middle of a row");
                }

                if (direct)
                {
                    target = target[read..];
                    continue;
                }

                (_start, _end) = (0, read);
            }

            int count = Math.Min(target.Length, _end - _start);
            _buffer.AsSpan(_start, count).CopyTo(target);
            _start += count;
            target = target[count..];
        }
    }
}
