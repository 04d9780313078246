using System.Buffers;
using System.Text;

namespace Penstock.Debezium.Values;

/// <summary>
/// The order in which java.util.HashMap hands out its entries: by bucket, within a bucket as they were put. Entries are positions in the text.
/// </summary>
/// <remarks>A bucket of eight or more entries becomes a tree in Java, which keeps this order too while nothing is removed.</remarks>
internal struct HashOrder(int capacity)
{
    private const int SmallestTable = 16;

    private readonly ulong[] _entries = ArrayPool<ulong>.Shared.Rent(capacity);
    private int _count;

    /// <summary>Buckets of a map that holds so many entries.</summary>
    /// <param name="entries">How many.</param>
    /// <param name="presized">Made with new HashMap(entries) and not with the default capacity.</param>
    public static int TableSizeFor(int entries, bool presized)
    {
        int table = presized ? (int)BitOperationsCeiling(entries) : SmallestTable;
        // HashMap doubles as soon as it holds more than three quarters.
        while (entries > table * 3L / 4)
        {
            table *= 2;
        }

        return table;
    }

    /// <summary>String.hashCode of the UTF-16 form, spread as HashMap spreads it.</summary>
    public static int HashOf(ReadOnlySpan<byte> utf8)
    {
        int hash = 0;
        Span<char> units = stackalloc char[2];
        while (!utf8.IsEmpty)
        {
            if (utf8[0] < 0x80)
            {
                hash = unchecked((hash * 31) + utf8[0]);
                utf8 = utf8[1..];
                continue;
            }

            Rune.DecodeFromUtf8(utf8, out var rune, out int consumed);
            int count = rune.EncodeToUtf16(units);
            for (int i = 0; i < count; i++)
            {
                hash = unchecked((hash * 31) + units[i]);
            }

            utf8 = utf8[consumed..];
        }

        return hash ^ (int)((uint)hash >> 16);
    }

    /// <param name="bucket">Bucket of the entry.</param>
    /// <param name="position">Position of the entry; entries are added in rising order of it.</param>
    public void Add(int bucket, int position) => _entries[_count++] = ((ulong)(uint)bucket << 32) | (uint)position;

    /// <summary>The entries in order; the low half of each is its position.</summary>
    public readonly ReadOnlySpan<ulong> Sorted()
    {
        var entries = _entries.AsSpan(0, _count);
        entries.Sort();
        return entries;
    }

    /// <summary>Gives the room back.</summary>
    public readonly void Release() => ArrayPool<ulong>.Shared.Return(_entries);

    private static uint BitOperationsCeiling(int value) => System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(value, 1));
}
