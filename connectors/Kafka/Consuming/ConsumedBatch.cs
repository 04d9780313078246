using System.Buffers.Binary;
using Penstock.Engine.Buffers;

namespace Penstock.Kafka.Consuming;

/// <summary>One record as it came: ranges of the batch's slab. Lengths of -1 mean null.</summary>
public struct ConsumedRecord
{
    public PartitionLease Lease;
    public long Offset;

    public int KeyOffset;
    public int KeyLength;
    public int ValueOffset;
    public int ValueLength;

    /// <summary>Headers as <c>int16 count, then count x (int32 length, name, int32 length or -1, value)</c>, big-endian; length 0 means none.</summary>
    public int HeadersOffset;
    public int HeadersLength;
}

/// <summary>Records in one slab, in the order in which they were consumed. The block that holds the batch owns its slab.</summary>
public sealed class ConsumedBatch
{
    private ConsumedRecord[] _records = new ConsumedRecord[256];

    public Slab? Slab { get; set; }

    public int Count { get; private set; }

    /// <summary>Bytes of the slab that are taken.</summary>
    public int Bytes { get; set; }

    public ReadOnlySpan<ConsumedRecord> Records => _records.AsSpan(0, Count);

    public ReadOnlySpan<byte> Key(in ConsumedRecord record) => record.KeyLength < 0 ? default : Slab!.Bytes.AsSpan(record.KeyOffset, record.KeyLength);

    public ReadOnlySpan<byte> Value(in ConsumedRecord record) => record.ValueLength < 0 ? default : Slab!.Bytes.AsSpan(record.ValueOffset, record.ValueLength);

    public ReadOnlySpan<byte> Headers(in ConsumedRecord record) => Slab!.Bytes.AsSpan(record.HeadersOffset, record.HeadersLength);

    /// <summary>The value of a header, of the last one with this name.</summary>
    public bool TryHeader(in ConsumedRecord record, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        var headers = Headers(record);
        if (headers.IsEmpty)
        {
            return false;
        }

        bool found = false;
        int count = BinaryPrimitives.ReadInt16BigEndian(headers);
        int at = sizeof(short);
        for (int i = 0; i < count; i++)
        {
            int nameBytes = BinaryPrimitives.ReadInt32BigEndian(headers[at..]);
            var here = headers.Slice(at + sizeof(int), nameBytes);
            at += sizeof(int) + nameBytes;
            int valueBytes = BinaryPrimitives.ReadInt32BigEndian(headers[at..]);
            at += sizeof(int);
            if (here.SequenceEqual(name))
            {
                value = valueBytes < 0 ? default : headers.Slice(at, valueBytes);
                found = true;
            }

            at += Math.Max(0, valueBytes);
        }

        return found;
    }

    /// <summary>Key, value and headers of a record, which stand behind each other.</summary>
    public ReadOnlySpan<byte> BytesOf(in ConsumedRecord record) =>
        Slab!.Bytes.AsSpan(record.KeyOffset, Math.Max(0, record.KeyLength) + Math.Max(0, record.ValueLength) + record.HeadersLength);

    /// <summary>Makes room for bytes that are not to be torn apart. An empty batch gets a slab of their size.</summary>
    /// <returns>False if the slab has no room for them and other records.</returns>
    public bool TryReserve(int bytes)
    {
        if (Bytes + bytes <= Slab!.CapacityBytes)
        {
            return true;
        }

        if (Count > 0)
        {
            return false;
        }

        Slab = Slab.Enlarge(bytes, 0);
        return true;
    }

    /// <summary>Adds a record of another batch.</summary>
    /// <param name="other">The record there.</param>
    /// <param name="bytes">Its bytes, as <see cref="BytesOf"/> gives them.</param>
    /// <returns>False if the slab has no room for it and other records.</returns>
    public bool TryAdd(in ConsumedRecord other, ReadOnlySpan<byte> bytes)
    {
        if (!TryReserve(bytes.Length))
        {
            return false;
        }

        bytes.CopyTo(Slab!.Bytes.AsSpan(Bytes));
        ref var record = ref Add();
        record = other;
        record.KeyOffset = Bytes;
        record.ValueOffset = Bytes + Math.Max(0, other.KeyLength);
        record.HeadersOffset = record.ValueOffset + Math.Max(0, other.ValueLength);
        Bytes += bytes.Length;
        return true;
    }

    /// <summary>Adds a slot for a record and returns it for filling.</summary>
    public ref ConsumedRecord Add()
    {
        if (Count == _records.Length)
        {
            Array.Resize(ref _records, _records.Length * 2);
        }

        ref var record = ref _records[Count++];
        record = default;
        return ref record;
    }

    /// <summary>Returns the slab, if there is one, to its pool.</summary>
    public void ReturnSlab()
    {
        var slab = Slab;
        Slab = null;
        slab?.Return();
    }

    public void Reset()
    {
        Clear();
        Slab = null;
    }

    /// <summary>Takes the records out; the slab stays.</summary>
    public void Clear()
    {
        _records.AsSpan(0, Count).Clear();
        Count = 0;
        Bytes = 0;
    }

    /// <summary>Dataflow puts a failing message's text into the exception: counts only, never row data.</summary>
    public override string ToString() => $"batch of {Count} records";
}
