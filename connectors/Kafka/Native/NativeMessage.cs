using System.Runtime.InteropServices;

namespace Penstock.Kafka.Native;

/// <summary><c>rd_kafka_message_t</c> of rdkafka.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMessage
{
    internal int Error;
    internal nint Topic;
    internal int Partition;
    internal byte* Value;
    internal nuint ValueBytes;
    internal byte* Key;
    internal nuint KeyBytes;
    internal long Offset;

    /// <summary><c>_private</c>: what the producer gave comes back with the report.</summary>
    internal nint Opaque;
}

/// <summary>
/// <c>rd_kafka_vu_t</c> of rdkafka.h: a tag and a union that librdkafka pads to 64 bytes. Arguments use the first two words of it.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal unsafe struct NativeArgument
{
    internal const int TopicHandle = 2;
    internal const int PartitionNumber = 3;
    internal const int ValueMemory = 4;
    internal const int KeyMemory = 5;
    internal const int OpaquePointer = 6;
    internal const int MessageFlags = 7;
    internal const int TimestampMs = 8;
    internal const int HeaderList = 10;

    [FieldOffset(0)]
    internal int Kind;

    [FieldOffset(8)]
    internal nint Pointer;

    [FieldOffset(8)]
    internal int Number;

    [FieldOffset(8)]
    internal long Long;

    [FieldOffset(16)]
    internal nuint Bytes;

    internal static NativeArgument Of(int kind, nint pointer, nuint bytes = 0) => new() { Kind = kind, Pointer = pointer, Bytes = bytes };

    internal static NativeArgument OfLong(int kind, long number) => new() { Kind = kind, Long = number };

    internal static NativeArgument OfNumber(int kind, int number) => new() { Kind = kind, Number = number };
}
