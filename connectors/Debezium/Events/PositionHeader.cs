using System.Buffers.Binary;
using Penstock.Engine.Flow;

namespace Penstock.Debezium.Events;

/// <summary>The header <c>__penstock.position</c> (<c>position.header.enabled</c>): a record's identity, by which a consumer knows what comes again.</summary>
internal static class PositionHeader
{
    public static ReadOnlySpan<byte> Name => "__penstock.position"u8;

    /// <summary>Most bytes of it.</summary>
    public static int MostBytes => (2 * sizeof(int)) + Name.Length + EventPosition.MostBytes;

    /// <summary>Writes it as it stands in a record: the name and the value, each behind its length.</summary>
    /// <param name="entry">At least <see cref="MostBytes"/>.</param>
    /// <param name="position">The identity.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> entry, EventPosition position)
    {
        BinaryPrimitives.WriteInt32BigEndian(entry, Name.Length);
        Name.CopyTo(entry[sizeof(int)..]);
        int at = sizeof(int) + Name.Length;
        int length = position.Format(entry[(at + sizeof(int))..]);
        BinaryPrimitives.WriteInt32BigEndian(entry[at..], length);
        return at + sizeof(int) + length;
    }
}
