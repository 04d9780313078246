using System.Buffers.Binary;
using System.Text;

namespace Penstock.Postgres.Wal;

/// <summary>
/// Reads the fields of one pgoutput message in place. Every read checks the message's end: a length that lies gives <see cref="MalformedWalException"/> and never a
/// byte from outside.
/// </summary>
/// <remarks>Protocol page "Logical Replication Message Formats"; integers are big-endian, strings end in a zero byte.</remarks>
public ref struct PgOutputReader(ReadOnlySpan<byte> message)
{
    // A column of a Relation message has at least flags, the zero byte of its name, the type's OID and its modifier.
    private const int LeastColumnBytes = 1 + 1 + 4 + 4;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _position;

    public readonly int Remaining => _message.Length - _position;

    public byte ReadByte() => Take(1)[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    public ReadOnlySpan<byte> ReadBytes(int length)
    {
        if (length < 0)
        {
            throw new MalformedWalException($"negative length {length} in a message of {_message.Length} bytes");
        }

        return Take(length);
    }

    /// <summary>The bytes up to the next zero byte, which is consumed.</summary>
    public ReadOnlySpan<byte> ReadCString()
    {
        int end = _message[_position..].IndexOf((byte)0);
        if (end < 0)
        {
            throw new MalformedWalException($"a string without end in a message of {_message.Length} bytes");
        }

        var value = _message.Slice(_position, end);
        _position += end + 1;
        return value;
    }

    public string ReadString() => Encoding.UTF8.GetString(ReadCString());

    /// <summary>Reads a whole Relation message after its type byte.</summary>
    public Relation ReadRelation()
    {
        uint oid = ReadUInt32();
        string schema = ReadString();
        string name = ReadString();
        char identity = (char)ReadByte();
        int count = ReadInt16();
        // Before anything is allocated for them.
        if (count < 0 || count * LeastColumnBytes > Remaining)
        {
            throw new MalformedWalException($"relation {oid} with {count} columns in a message of {_message.Length} bytes");
        }

        var columns = new RelationColumn[count];
        for (int i = 0; i < count; i++)
        {
            bool isKey = (ReadByte() & 1) != 0;
            columns[i] = new RelationColumn(isKey, ReadString(), ReadUInt32(), ReadInt32());
        }

        return new Relation(oid, schema.Length == 0 ? "pg_catalog" : schema, name, identity, columns);
    }

    /// <summary>All was read.</summary>
    /// <exception cref="MalformedWalException">The message is longer than what it says.</exception>
    public readonly void EnsureEnd()
    {
        if (Remaining != 0)
        {
            throw new MalformedWalException($"{Remaining} bytes behind the end of a message of {_message.Length} bytes");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_message.Length - _position < count)
        {
            throw new MalformedWalException($"message ends at byte {_message.Length} where {_position + (long)count} are needed");
        }

        var value = _message.Slice(_position, count);
        _position += count;
        return value;
    }
}
