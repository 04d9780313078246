using System.Runtime.InteropServices;

namespace Penstock.Kafka.Native;

/// <summary>
/// The few functions of librdkafka that Confluent.Kafka does not offer: checking options, the mock cluster, and producing whole batches.
/// </summary>
/// <remarks>Names, arguments and ownership as in <c>rdkafka.h</c> and <c>rdkafka_mock.h</c>; all of them exist since librdkafka 1.6.</remarks>
internal static unsafe partial class NativeKafka
{
    /// <summary><c>rd_kafka_type_t</c>.</summary>
    internal const int Producer = 0;

    /// <summary><c>rd_kafka_conf_res_t</c>: the option was taken; -1 is a bad value, -2 an unknown name.</summary>
    internal const int ConfOk = 0;

    internal const int ConfUnknown = -2;

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_version")]
    internal static partial int Version();

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_err2str")]
    internal static partial nint ErrorToString(int code);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_conf_new")]
    internal static partial nint ConfNew();

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_conf_destroy")]
    internal static partial void ConfDestroy(nint conf);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ConfSet(nint conf, string name, string value, byte* errorText, nuint errorTextBytes);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_conf_set_log_cb")]
    internal static partial void ConfSetLogCallback(nint conf, delegate* unmanaged[Cdecl]<nint, int, byte*, byte*, void> callback);

    /// <summary>Takes over <paramref name="conf"/> only if it succeeds.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_new")]
    internal static partial nint New(int type, nint conf, byte* errorText, nuint errorTextBytes);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_destroy")]
    internal static partial void Destroy(nint client);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_mock_cluster_new")]
    internal static partial nint MockClusterNew(nint client, int brokers);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    internal static partial void MockClusterDestroy(nint cluster);

    /// <summary>Comma separated <c>host:port</c>, owned by the cluster.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    internal static partial nint MockClusterBootstraps(nint cluster);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_mock_topic_create", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MockTopicCreate(nint cluster, string topic, int partitions, int replicationFactor);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_mock_push_request_errors_array")]
    internal static partial void MockPushRequestErrors(nint cluster, short apiKey, nuint count, int* errors);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_mock_broker_set_down")]
    internal static partial int MockBrokerSetDown(nint cluster, int broker);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_mock_broker_set_up")]
    internal static partial int MockBrokerSetUp(nint cluster, int broker);

    /// <summary><c>RD_KAFKA_MSG_F_COPY</c>: librdkafka copies key and value before the call returns.</summary>
    internal const int CopyFlag = 2;

    /// <summary><c>RD_KAFKA_EVENT_DR</c>, <c>_LOG</c>, <c>_ERROR</c>.</summary>
    internal const int DeliveryEvent = 0x1;

    internal const int LogEvent = 0x4;

    internal const int ErrorEvent = 0x8;

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_conf_set_events")]
    internal static partial void ConfSetEvents(nint conf, int events);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_set_log_queue")]
    internal static partial int SetLogQueue(nint client, nint queue);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_queue_get_main")]
    internal static partial nint MainQueue(nint client);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_queue_destroy")]
    internal static partial void QueueDestroy(nint queue);

    /// <summary>The next event, to be destroyed by the caller; 0 after the time.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_queue_poll")]
    internal static partial nint QueuePoll(nint queue, int timeoutMs);

    /// <summary>Ends the wait of <see cref="QueuePoll"/>, the present one or else the next.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_queue_yield")]
    internal static partial void QueueYield(nint queue);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_event_type")]
    internal static partial int EventType(nint @event);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_event_destroy")]
    internal static partial void EventDestroy(nint @event);

    /// <summary>Fills pointers to the event's messages, which the event owns; returns how many, 0 at the end.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_event_message_array")]
    internal static partial nuint EventMessages(nint @event, NativeMessage** messages, nuint size);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_event_error")]
    internal static partial int EventErrorCode(nint @event);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_event_error_string")]
    internal static partial nint EventErrorText(nint @event);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_event_log")]
    internal static partial int EventLog(nint @event, out nint facility, out nint text, out int severity);

    /// <summary>The code of the fatal error that has happened, or 0.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_fatal_error")]
    internal static partial int FatalError(nint client, byte* errorText, nuint errorTextBytes);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_topic_new", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint TopicNew(nint client, string name, nint conf);

    /// <summary>UTF-8, owned by the topic.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_topic_name")]
    internal static partial nint TopicName(nint topic);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_topic_destroy")]
    internal static partial void TopicDestroy(nint topic);

    /// <summary>Enqueues messages for one partition and returns how many were taken; the others carry their error.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_produce_batch")]
    internal static partial int ProduceBatch(nint topic, int partition, int flags, NativeMessage* messages, int count);

    /// <summary>Enqueues one message; 0, or an error object for <see cref="ErrorDestroy"/>.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_produceva")]
    internal static partial nint ProduceArguments(nint client, NativeArgument* arguments, nuint count);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_error_code")]
    internal static partial int ErrorCodeOf(nint error);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_error_destroy")]
    internal static partial void ErrorDestroy(nint error);

    /// <summary>Fails what is queued (1) and in flight (2) with purge errors.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_purge")]
    internal static partial int Purge(nint client, int flags);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_headers_new")]
    internal static partial nint HeadersNew(nuint capacity);

    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_headers_destroy")]
    internal static partial void HeadersDestroy(nint headers);

    /// <summary>Copies name and value; a null value is a header without one.</summary>
    [LibraryImport(LibraryLoader.ImportName, EntryPoint = "rd_kafka_header_add")]
    internal static partial int HeaderAdd(nint headers, byte* name, nint nameBytes, byte* value, nint valueBytes);

    /// <summary>The NUL-terminated UTF-8 text in a buffer that librdkafka filled.</summary>
    internal static string Text(byte* buffer) => Marshal.PtrToStringUTF8((nint)buffer) ?? "";
}
