using System.Runtime.InteropServices;

namespace Penstock.Kafka.Native;

/// <summary>librdkafka's consumer of single partitions, which knows no group: nothing is asked of a coordinator, so no right to one is needed. Names, arguments and ownership as in <c>rdkafka.h</c>.</summary>
internal static unsafe partial class NativeScanApi
{
    /// <summary><c>RD_KAFKA_RESP_ERR__PARTITION_EOF</c>: with <c>enable.partition.eof</c>, the end that the partition has now.</summary>
    internal const int PartitionEof = -191;

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_queue_new")]
    internal static partial nint QueueNew(nint client);

    /// <summary>0, or -1: then <see cref="LastError"/> says why.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_consume_start_queue")]
    internal static partial int Start(nint topic, int partition, long offset, nint queue);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_consume_stop")]
    internal static partial int Stop(nint topic, int partition);

    /// <summary>The next message, to be destroyed by the caller, or 0 after the time.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_consume_queue")]
    internal static partial NativeMessage* Next(nint queue, int timeoutMs);

    /// <summary>Serves the callbacks that are due.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_poll")]
    internal static partial int Poll(nint client, int timeoutMs);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_last_error")]
    internal static partial int LastError();

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_message_timestamp")]
    internal static partial long Timestamp(NativeMessage* message, out int kind);

    /// <summary>Replaces the times in the list's offsets (milliseconds since 1970) by the first offsets that are not older; -1 where there is none.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_offsets_for_times")]
    internal static partial int OffsetsForTimes(nint client, NativePartitionList* times, int timeoutMs);
}
