using System.Buffers.Binary;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>
/// Where the columns of one TupleData lie inside a pgoutput message (protocol page "Logical Replication Message Formats"). Reused for every row: reading allocates nothing.
/// </summary>
internal sealed class Tuple
{
    /// <summary>Length of a NULL.</summary>
    public const int Null = -1;

    /// <summary>Length of a TOASTed value that did not change and is not in the stream.</summary>
    public const int Unchanged = -2;

    private int[] _offsets = new int[32];
    private int[] _lengths = new int[32];

    public int Count { get; private set; }

    /// <summary>Bytes of a column, or <see cref="Null"/>, or <see cref="Unchanged"/>.</summary>
    public int Length(int column) => _lengths[column];

    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> message, int column) => message.Slice(_offsets[column], _lengths[column]);

    /// <summary>Reads the tuple that begins at <paramref name="position"/> and returns the position behind it.</summary>
    /// <exception cref="MalformedWalException">The message ends early, or holds a column kind that pgoutput's text format does not have.</exception>
    public int Read(ReadOnlySpan<byte> message, int position, int expectedColumns)
    {
        if (message.Length - position < 2)
        {
            throw Short(message.Length);
        }

        int count = BinaryPrimitives.ReadInt16BigEndian(message[position..]);
        if (count != expectedColumns)
        {
            throw new MalformedWalException($"a row of {count} columns where the Relation message says {expectedColumns}");
        }

        if (count > _offsets.Length)
        {
            _offsets = new int[count];
            _lengths = new int[count];
        }

        Count = count;
        position += 2;
        int[] offsets = _offsets;
        int[] lengths = _lengths;
        for (int i = 0; i < count; i++)
        {
            if ((uint)position >= (uint)message.Length)
            {
                throw Short(message.Length);
            }

            byte kind = message[position++];
            if (kind == (byte)'t')
            {
                if (message.Length - position < 4)
                {
                    throw Short(message.Length);
                }

                int length = BinaryPrimitives.ReadInt32BigEndian(message[position..]);
                position += 4;
                if ((uint)length > (uint)(message.Length - position))
                {
                    throw new MalformedWalException($"a column of {length} bytes in a message of {message.Length} bytes");
                }

                offsets[i] = position;
                lengths[i] = length;
                position += length;
            }
            else
            {
                lengths[i] = kind switch
                {
                    (byte)'n' => Null,
                    (byte)'u' => Unchanged,
                    _ => throw new MalformedWalException($"column kind 0x{kind:x2} in a row; known are t, n and u"),
                };
            }
        }

        return position;
    }

    private static MalformedWalException Short(int length) => new($"a row that ends early in a message of {length} bytes");
}
