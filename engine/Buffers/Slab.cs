namespace Penstock.Engine.Buffers;

/// <summary>
/// A pinned, fixed-size block of bytes with exactly one owner at a time.
/// </summary>
/// <remarks>
/// Whoever rented it from its <see cref="SlabPool"/> owns it; passing the batch that carries it hands the ownership on; the last owner returns it.
/// </remarks>
public sealed class Slab
{
    internal Slab(SlabPool pool, int capacityBytes, bool oversized)
    {
        Pool = pool;
        Oversized = oversized;
        // Pinned object heap: no GCHandle per native call, and the collector never moves or copies these bytes.
        Bytes = GC.AllocateUninitializedArray<byte>(capacityBytes, pinned: true);
    }

    /// <summary>The bytes; only the owner may read or write them.</summary>
    public byte[] Bytes { get; }

    /// <summary>Size in bytes.</summary>
    public int CapacityBytes => Bytes.Length;

    /// <summary>Made for one row that no pooled slab can hold; given to the collector when returned.</summary>
    public bool Oversized { get; }

    /// <summary>Who rented it, for the message that names a leak.</summary>
    public string Holder { get; internal set; } = "";

    internal SlabPool Pool { get; }

    internal bool Rented { get; set; }

    /// <summary>Gives the slab back to its pool. A slab returned twice is a defect and throws.</summary>
    public void Return() => Pool.Return(this);
}
