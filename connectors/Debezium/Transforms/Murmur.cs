using System.Buffers.Binary;

namespace Penstock.Debezium.Transforms;

/// <summary>
/// The murmur hash of <c>partition.hash.function=murmur</c>: an early MurmurHash3 for 64-bit machines, whose multipliers change with each block, seed 9001, the upper 32 bits of its first half.
/// </summary>
internal static class Murmur
{
    private const ulong Seed = 9001;

    /// <summary>Hash of four bytes, little-endian.</summary>
    public static int Hash(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Hash(bytes);
    }

    public static int Hash(ReadOnlySpan<byte> key)
    {
        var state = new State { H1 = 0x9368e53c2f6af274 ^ Seed, H2 = 0x586dcd208f7cd3fd ^ Seed, C1 = 0x87c37b91114253d5, C2 = 0x4cf5ad432745937f };
        int at = 0;
        for (; key.Length - at >= 16; at += 16)
        {
            state.Mix(BinaryPrimitives.ReadUInt64LittleEndian(key[at..]), BinaryPrimitives.ReadUInt64LittleEndian(key[(at + 8)..]));
        }

        if (at < key.Length)
        {
            ulong k1 = 0;
            ulong k2 = 0;
            for (int i = key.Length - at - 1; i >= 0; i--)
            {
                // Bytes are signed there, so one from 0x80 on fills everything above it.
                ulong piece = unchecked((ulong)(long)(sbyte)key[at + i]) << (8 * (i & 7));
                k1 ^= i < 8 ? piece : 0;
                k2 ^= i < 8 ? 0 : piece;
            }

            state.Mix(k1, k2);
        }

        ulong h1 = state.H1;
        ulong h2 = state.H2 ^ (ulong)key.Length;
        h1 += h2;
        h2 += h1;
        h1 = Finish(h1) + Finish(h2);
        return unchecked((int)(h1 >> 32));
    }

    private static ulong Finish(ulong k)
    {
        k ^= k >> 33;
        k *= 0xff51afd7ed558ccd;
        k ^= k >> 33;
        k *= 0xc4ceb9fe1a85ec53;
        return k ^ (k >> 33);
    }

    private struct State
    {
        public ulong H1;
        public ulong H2;
        public ulong C1;
        public ulong C2;

        public void Mix(ulong k1, ulong k2)
        {
            H1 ^= ulong.RotateLeft(k1 * C1, 23) * C2;
            H1 += H2;
            H2 = ulong.RotateLeft(H2, 41);
            H2 ^= ulong.RotateLeft(k2 * C2, 23) * C1;
            H2 += H1;
            H1 = (H1 * 3) + 0x52dce729;
            H2 = (H2 * 3) + 0x38495ab5;
            C1 = (C1 * 5) + 0x7b7d159c;
            C2 = (C2 * 5) + 0x6bce6396;
        }
    }
}
