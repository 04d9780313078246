using System.Runtime.InteropServices;

namespace Penstock.Kafka.Native;

/// <summary><c>rd_kafka_topic_partition_t</c> of rdkafka.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativePartition
{
    /// <summary>UTF-8, NUL-terminated, owned by the list.</summary>
    internal byte* Topic;
    internal int Partition;
    internal long Offset;
    internal nint Metadata;
    internal nuint MetadataBytes;
    internal nint Opaque;
    internal int Error;
    internal nint Private;
}

/// <summary><c>rd_kafka_topic_partition_list_t</c> of rdkafka.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativePartitionList
{
    internal int Count;
    internal int Capacity;
    internal NativePartition* Elements;
}

/// <summary>librdkafka's consumer. Names, arguments and ownership as in <c>rdkafka.h</c>; all of them exist since librdkafka 1.6.</summary>
internal static unsafe partial class NativeConsumerApi
{
    /// <summary><c>RD_KAFKA_CONSUMER</c> of <c>rd_kafka_type_t</c>.</summary>
    internal const int Consumer = 1;

    /// <summary><c>RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS</c>.</summary>
    internal const int AssignPartitions = -175;

    /// <summary><c>RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET</c>: the offset is out of range and <c>auto.offset.reset</c> says error.</summary>
    internal const int AutoOffsetReset = -140;

    /// <summary><c>RD_KAFKA_OFFSET_BEGINNING</c> and <c>RD_KAFKA_OFFSET_END</c>.</summary>
    internal const long OffsetBeginning = -2;

    internal const long OffsetEnd = -1;

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_conf_set_rebalance_cb")]
    internal static partial void ConfSetRebalance(nint conf, delegate* unmanaged[Cdecl]<nint, int, NativePartitionList*, nint, void> callback);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_conf_set_error_cb")]
    internal static partial void ConfSetErrorCallback(nint conf, delegate* unmanaged[Cdecl]<nint, int, byte*, nint, void> callback);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_conf_set_opaque")]
    internal static partial void ConfSetOpaque(nint conf, nint opaque);

    /// <summary>What <see cref="ConfSetOpaque"/> was given.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_opaque")]
    internal static partial nint Opaque(nint client);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_poll_set_consumer")]
    internal static partial int RedirectToConsumer(nint client);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_subscribe")]
    internal static partial int Subscribe(nint client, NativePartitionList* topics);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_consumer_close")]
    internal static partial int Close(nint client);

    /// <summary>The next message, to be destroyed by the caller, or 0 after the time; calls the callbacks that are due.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_consumer_poll")]
    internal static partial NativeMessage* Poll(nint client, int timeoutMs);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_message_destroy")]
    internal static partial void MessageDestroy(NativeMessage* message);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_message_headers")]
    internal static partial int MessageHeaders(NativeMessage* message, out nint headers);

    /// <summary>The header at an index: name is NUL-terminated, both are owned by the message. 0, or an error past the last one.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_header_get_all")]
    internal static partial int HeaderAt(nint headers, nuint index, out byte* name, out byte* value, out nuint valueBytes);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_topic_partition_list_new")]
    internal static partial NativePartitionList* ListNew(int size);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_topic_partition_list_add", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial NativePartition* ListAdd(NativePartitionList* list, string topic, int partition);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_topic_partition_list_destroy")]
    internal static partial void ListDestroy(NativePartitionList* list);

    /// <summary>A new list, to be destroyed by the caller.</summary>
    internal static NativePartitionList* ListOf(IEnumerable<(string Topic, int Partition)> partitions)
    {
        var list = ListNew(16);
        foreach (var (topic, partition) in partitions)
        {
            _ = ListAdd(list, topic, partition);
        }

        return list;
    }

    /// <summary>Adds partitions at their offsets; 0, or an error object.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_incremental_assign")]
    internal static partial nint IncrementalAssign(nint client, NativePartitionList* partitions);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_incremental_unassign")]
    internal static partial nint IncrementalUnassign(nint client, NativePartitionList* partitions);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_error_string")]
    internal static partial nint ErrorText(nint error);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_pause_partitions")]
    internal static partial int Pause(nint client, NativePartitionList* partitions);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_resume_partitions")]
    internal static partial int Resume(nint client, NativePartitionList* partitions);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_commit")]
    internal static partial int Commit(nint client, NativePartitionList* offsets, int isAsync);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_query_watermark_offsets", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int QueryWatermarks(nint client, string topic, int partition, out long low, out long high, int timeoutMs);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_get_watermark_offsets", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int CachedWatermarks(nint client, string topic, int partition, out long low, out long high);

    /// <summary>A consumer of a configuration, which it owns from now on.</summary>
    /// <exception cref="InvalidOperationException">librdkafka refuses the settings, in its own words.</exception>
    internal static nint NewClient(nint conf)
    {
        const int errorTextBytes = 512;
        byte* errorText = stackalloc byte[errorTextBytes];
        nint client = NativeKafka.New(Consumer, conf, errorText, errorTextBytes);
        if (client == 0)
        {
            NativeKafka.ConfDestroy(conf);
            throw new InvalidOperationException($"librdkafka makes no consumer: {NativeKafka.Text(errorText)}");
        }

        return client;
    }
}
