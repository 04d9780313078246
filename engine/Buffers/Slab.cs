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

    /// <summary>
    /// Exchanges this slab for one of at least <paramref name="minBytes"/> from the same pool that begins with the same first <paramref name="usedBytes"/>, and returns this one.
    /// May wait for it.
    /// </summary>
    public Slab Enlarge(int minBytes, int usedBytes)
    {
        if (Oversized)
        {
            // It has the one place that there is for such slabs, and would wait for itself.
            var other = Pool.Replace(this, minBytes);
            Bytes.AsSpan(0, usedBytes).CopyTo(other.Bytes);
            return other;
        }

        var larger = Pool.Rent(Holder, minBytes);
        Bytes.AsSpan(0, usedBytes).CopyTo(larger.Bytes);
        Return();
        return larger;
    }

    /// <summary>Gives the slab back to its pool. A slab returned twice is a defect and throws.</summary>
    public void Return() => Pool.Return(this);
}
