using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Penstock.Engine.Buffers;
using Penstock.Kafka.Native;

namespace Penstock.Kafka.Consuming;

/// <summary>One message of librdkafka, copied into the slab of a batch.</summary>
internal static unsafe class ConsumedMessage
{
    /// <summary>False if the slab has no room and other records: the message is then the first of the next batch. A lone one gets a slab of its size.</summary>
    internal static bool TryCopy(ConsumedBatch batch, NativeMessage* message, PartitionLease lease)
    {
        int headerBytes = HeaderBytes(message, out nint headers);
        long needed = (long)message->KeyBytes + (long)message->ValueBytes + headerBytes;
        if (!batch.TryReserve((int)needed))
        {
            return false;
        }

        var slab = batch.Slab!;
        ref var record = ref batch.Add();
        record.Lease = lease;
        record.Offset = message->Offset;
        lease.NextOffset = message->Offset + 1;
        (record.KeyOffset, record.KeyLength) = Copy(batch, slab, message->Key, message->KeyBytes);
        (record.ValueOffset, record.ValueLength) = Copy(batch, slab, message->Value, message->ValueBytes);
        record.HeadersOffset = batch.Bytes;
        record.HeadersLength = headerBytes;
        if (headerBytes > 0)
        {
            WriteHeaders(slab.Bytes.AsSpan(batch.Bytes, headerBytes), headers);
            batch.Bytes += headerBytes;
        }

        return true;
    }

    private static (int Offset, int Length) Copy(ConsumedBatch batch, Slab slab, byte* from, nuint bytes)
    {
        if (from is null)
        {
            return (batch.Bytes, -1);
        }

        int at = batch.Bytes;
        new ReadOnlySpan<byte>(from, (int)bytes).CopyTo(slab.Bytes.AsSpan(at));
        batch.Bytes += (int)bytes;
        return (at, (int)bytes);
    }

    private static int HeaderBytes(NativeMessage* message, out nint headers)
    {
        if (NativeConsumerApi.MessageHeaders(message, out headers) != 0)
        {
            return 0;
        }

        int bytes = sizeof(short);
        for (nuint i = 0; NativeConsumerApi.HeaderAt(headers, i, out byte* name, out _, out nuint valueBytes) == 0; i++)
        {
            bytes += (2 * sizeof(int)) + MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name).Length + (int)valueBytes;
        }

        return bytes;
    }

    private static void WriteHeaders(Span<byte> output, nint headers)
    {
        int at = sizeof(short);
        short count = 0;
        for (nuint i = 0; NativeConsumerApi.HeaderAt(headers, i, out byte* name, out byte* value, out nuint valueBytes) == 0; i++)
        {
            count++;
            var text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
            BinaryPrimitives.WriteInt32BigEndian(output[at..], text.Length);
            text.CopyTo(output[(at + sizeof(int))..]);
            at += sizeof(int) + text.Length;
            BinaryPrimitives.WriteInt32BigEndian(output[at..], value is null ? -1 : (int)valueBytes);
            at += sizeof(int);
            if (value is not null)
            {
                new ReadOnlySpan<byte>(value, (int)valueBytes).CopyTo(output[at..]);
                at += (int)valueBytes;
            }
        }

        BinaryPrimitives.WriteInt16BigEndian(output, count);
    }
}
