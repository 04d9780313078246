using System.Buffers.Binary;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;

namespace Penstock.Debezium.Events;

/// <summary>The header <c>__penstock.position</c> (<c>position.header.enabled</c>): a record's identity, by which a consumer knows what comes again.</summary>
internal static class PositionHeader
{
    public static ReadOnlySpan<byte> Name => "__penstock.position"u8;

    /// <summary>Adds it behind the headers that the record at hand has, or as the only one.</summary>
    /// <param name="output">The record is written but for this.</param>
    /// <param name="headersAt">Where its headers begin, in bytes from its beginning.</param>
    /// <param name="position">The identity.</param>
    public static void Append(SlabWriter output, int headersAt, EventPosition position)
    {
        if (output.RecordBytes == headersAt)
        {
            output.Write([0, 0]);
        }

        var span = output.GetSpan(sizeof(int) + Name.Length + sizeof(int) + EventPosition.MostBytes);
        BinaryPrimitives.WriteInt32BigEndian(span, Name.Length);
        Name.CopyTo(span[sizeof(int)..]);
        int at = sizeof(int) + Name.Length;
        int length = position.Format(span[(at + sizeof(int))..]);
        BinaryPrimitives.WriteInt32BigEndian(span[at..], length);
        output.Advance(at + sizeof(int) + length);
        // Last, because the record may just have moved to another slab.
        var count = output.Written(headersAt, sizeof(short));
        BinaryPrimitives.WriteInt16BigEndian(count, (short)(BinaryPrimitives.ReadInt16BigEndian(count) + 1));
    }
}
