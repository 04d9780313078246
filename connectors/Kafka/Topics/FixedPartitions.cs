namespace Penstock.Kafka.Topics;

/// <summary>
/// How many partitions of each topic the process uses: the number it found first, over all of its attempts, although a topic may get more. A key then stays in its partition, and in order, until
/// somebody starts the process anew. Thread-safe.
/// </summary>
public sealed class FixedPartitions
{
    private readonly Lock _lock = new();
    private int[] _counts = [];

    /// <summary>What to use of a topic.</summary>
    /// <param name="topic">Its number in the table of topics.</param>
    /// <param name="found">What the cluster says, at least 1.</param>
    /// <returns>What was found first; <paramref name="found"/> if that is less, because the topic was made anew: its order is gone with its records.</returns>
    public int Use(int topic, int found)
    {
        lock (_lock)
        {
            if (topic >= _counts.Length)
            {
                Array.Resize(ref _counts, topic + 1);
            }

            ref int count = ref _counts[topic];
            count = count > 0 && count < found ? count : found;
            return count;
        }
    }
}
