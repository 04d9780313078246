namespace Penstock.Debezium.Events;

/// <summary>The order in which a <c>java.util.HashMap</c> with string keys lists its entries: Debezium's order of <c>data_collections</c> (capture A34).</summary>
internal static class JavaHashOrder
{
    /// <param name="entries">In the order in which they were put into the map.</param>
    public static IEnumerable<(string Name, long Count)> Sort(IReadOnlyCollection<(string Name, long Count)> entries)
    {
        // Starts with 16 buckets and doubles when more than three quarters are taken; entries of one bucket keep the order in which they came.
        int buckets = 16;
        while (entries.Count * 4 > buckets * 3)
        {
            buckets *= 2;
        }

        return entries.OrderBy(e => Bucket(e.Name, buckets));
    }

    private static uint Bucket(string name, int buckets)
    {
        uint hash = 0;
        foreach (char c in name)
        {
            hash = (31 * hash) + c;
        }

        return (hash ^ (hash >> 16)) & (uint)(buckets - 1);
    }
}
