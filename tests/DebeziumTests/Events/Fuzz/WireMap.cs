using System.Buffers.Binary;

namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>What a part of a pgoutput message means.</summary>
internal enum WirePart
{
    Type,
    Number,
    RelationOid,
    TypeOid,
    Modifier,
    Flags,
    Name,
    TupleKind,
    Count,
    ColumnKind,
    Length,
    Text,
}

/// <summary>One part of a message and where it lies. A name includes its zero byte.</summary>
internal readonly record struct WireField(WirePart Part, int Offset, int Length);

/// <summary>
/// A second, slow reading of pgoutput's messages (protocol page "Logical Replication Message Formats"), which shares no line with the product's: it tells the mutations where
/// lengths and kinds stand, and the judge of accepted messages what they say.
/// </summary>
internal static class WireMap
{
    /// <summary>The parts of a message, or null if it is none from its first to its last byte.</summary>
    public static WireField[]? Read(byte[] message)
    {
        var fields = new List<WireField>();
        int at = 0;
        bool whole = message.Length > 0 && Take(WirePart.Type, 1) && message[0] switch
        {
            (byte)'B' => Take(WirePart.Number, 8) && Take(WirePart.Number, 8) && Take(WirePart.Number, 4),
            (byte)'C' => Take(WirePart.Flags, 1) && Take(WirePart.Number, 8) && Take(WirePart.Number, 8) && Take(WirePart.Number, 8),
            (byte)'O' => Take(WirePart.Number, 8) && Name(),
            (byte)'Y' => Take(WirePart.TypeOid, 4) && Name() && Name(),
            (byte)'R' => Take(WirePart.RelationOid, 4) && Name() && Name() && Take(WirePart.Flags, 1) && Columns(),
            (byte)'M' => Take(WirePart.Flags, 1) && Take(WirePart.Number, 8) && Name() && Text(),
            (byte)'T' => Take(WirePart.Count, 4) && Take(WirePart.Flags, 1) && Relations(),
            (byte)'I' => Take(WirePart.RelationOid, 4) && Tuple("N"),
            (byte)'D' => Take(WirePart.RelationOid, 4) && Tuple("KO"),
            (byte)'U' => Take(WirePart.RelationOid, 4) && at < message.Length && (message[at] == 'N' || Tuple("KO")) && Tuple("N"),
            _ => false,
        };
        return whole && at == message.Length ? [.. fields] : null;

        bool Take(WirePart part, int length)
        {
            if (length < 0 || length > message.Length - at)
            {
                return false;
            }

            fields.Add(new WireField(part, at, length));
            at += length;
            return true;
        }

        bool Name() => Array.IndexOf(message, (byte)0, at) is >= 0 and var end && Take(WirePart.Name, end + 1 - at);

        bool Text() => Take(WirePart.Length, 4) && Take(WirePart.Text, BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(at - 4)));

        bool Columns()
        {
            int count = Take(WirePart.Count, 2) ? BinaryPrimitives.ReadInt16BigEndian(message.AsSpan(at - 2)) : -1;
            bool good = count >= 0;
            for (int i = 0; good && i < count; i++)
            {
                good = Take(WirePart.Flags, 1) && Name() && Take(WirePart.TypeOid, 4) && Take(WirePart.Modifier, 4);
            }

            return good;
        }

        bool Relations()
        {
            int count = BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(1));
            bool good = count >= 0;
            for (int i = 0; good && i < count; i++)
            {
                good = Take(WirePart.RelationOid, 4);
            }

            return good;
        }

        bool Tuple(string kinds)
        {
            int count = Take(WirePart.TupleKind, 1) && kinds.Contains((char)message[at - 1], StringComparison.Ordinal) && Take(WirePart.Count, 2)
                ? BinaryPrimitives.ReadInt16BigEndian(message.AsSpan(at - 2))
                : -1;
            bool good = count >= 0;
            for (int i = 0; good && i < count; i++)
            {
                good = Take(WirePart.ColumnKind, 1) && message[at - 1] switch { (byte)'t' => Text(), (byte)'n' or (byte)'u' => true, _ => false };
            }

            return good;
        }
    }
}
