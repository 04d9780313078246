namespace Penstock.Debezium.Events;

/// <summary>The order in which a <c>java.util.HashMap</c> with string keys lists its entries: Debezium's order of <c>data_collections</c> (capture A34), and of its options.</summary>
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

    /// <summary>
    /// Place of an option among the others of its kind. A configuration of 13 to 24 options has 32 buckets, the connector's own ones counted in; how many a carried-over configuration had
    /// cannot be known here, that it was between these two is likely.
    /// </summary>
    public static uint OfOption(string name) => Bucket(name, 32);

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
