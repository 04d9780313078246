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

    /// <summary>The NUL-terminated UTF-8 text in a buffer that librdkafka filled.</summary>
    internal static string Text(byte* buffer) => Marshal.PtrToStringUTF8((nint)buffer) ?? "";
}
