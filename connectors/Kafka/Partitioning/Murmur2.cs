using System.Buffers.Binary;

namespace Penstock.Kafka.Partitioning;

/// <summary>
/// The 32-bit MurmurHash2 of Kafka's Java client (<c>org.apache.kafka.common.utils.Utils.murmur2</c>): same seed, same tail, so that a key lands where any Java producer puts it.
/// </summary>
public static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;
    private const int Shift = 24;

    public static int Hash(ReadOnlySpan<byte> data)
    {
        uint hash = Seed ^ (uint)data.Length;
        while (data.Length >= 4)
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(data) * Multiplier;
            word ^= word >> Shift;
            hash = (hash * Multiplier) ^ (word * Multiplier);
            data = data[4..];
        }

        if (data.Length > 0)
        {
            uint tail = data[0];
            tail |= data.Length > 1 ? (uint)data[1] << 8 : 0;
            tail |= data.Length > 2 ? (uint)data[2] << 16 : 0;
            hash = (hash ^ tail) * Multiplier;
        }

        hash ^= hash >> 13;
        hash *= Multiplier;
        return (int)(hash ^ (hash >> 15));
    }

    /// <summary>Partition of a key: <c>toPositive(murmur2(key)) % partitions</c>, where toPositive clears the sign bit.</summary>
    public static int Partition(ReadOnlySpan<byte> key, int partitions) => (Hash(key) & 0x7fffffff) % partitions;
}
