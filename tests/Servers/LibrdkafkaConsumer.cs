using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace Penstock.Servers;

/// <summary>
/// librdkafka's consumer, called directly: Confluent.Kafka's <c>Consume</c> needs rd_kafka_message_leader_epoch, which came with librdkafka 2.1, and
/// Debian 12 has 2.0.2. All partitions are assigned, none subscribed. Names are those of rdkafka.h.
/// </summary>
internal sealed partial class LibrdkafkaConsumer : IDisposable
{
    public const int NoError = 0;
    public const int PartitionEnd = -191; // RD_KAFKA_RESP_ERR__PARTITION_EOF

    private const string Library = "librdkafka";
    private const int ConsumerType = 1; // RD_KAFKA_CONSUMER
    private const int ErrorTextBytes = 512;

    private readonly nint _handle;

    static LibrdkafkaConsumer() => NativeLibrary.SetDllImportResolver(typeof(LibrdkafkaConsumer).Assembly, Resolve);

    public LibrdkafkaConsumer(IReadOnlyDictionary<string, string> settings)
    {
        nint configuration = NewConfiguration();
        byte[] error = new byte[ErrorTextBytes];
        foreach ((string name, string value) in settings)
        {
            if (Set(configuration, name, value, error, ErrorTextBytes) != 0)
            {
                DestroyConfiguration(configuration);
                throw new ServerException($"librdkafka refuses {name}: {Text(error)}");
            }
        }
        _handle = New(ConsumerType, configuration, error, ErrorTextBytes);
        if (_handle == 0)
        {
            DestroyConfiguration(configuration);
            throw new ServerException($"librdkafka makes no consumer: {Text(error)}");
        }
        int redirected = RedirectToConsumer(_handle);
        if (redirected != NoError)
        {
            throw new ServerException($"librdkafka's consumer queue: {Describe(redirected)}");
        }
    }

    /// <summary>Adds partitions, read from where auto.offset.reset says.</summary>
    public void Assign(IReadOnlyCollection<(string Topic, int Partition)> partitions)
    {
        nint list = NewList(partitions.Count);
        foreach ((string topic, int partition) in partitions)
        {
            AddToList(list, topic, partition);
        }
        nint error = IncrementalAssign(_handle, list);
        DestroyList(list);
        if (error != 0)
        {
            string text = Marshal.PtrToStringUTF8(ErrorString(error)) ?? "";
            DestroyError(error);
            throw new ServerException($"librdkafka refuses the assignment: {text}");
        }
    }

    /// <summary>The offset after the last record there is now.</summary>
    public long End(string topic, int partition, TimeSpan limit)
    {
        int error = QueryWatermarks(_handle, topic, partition, out _, out long high, (int)limit.TotalMilliseconds);
        return error == NoError ? high : throw new ServerException($"end of {topic}-{partition}: {Describe(error)}");
    }

    /// <summary>A record, the end of a partition, or an error; null if nothing came in the time.</summary>
    public Polled? Poll(TimeSpan wait)
    {
        nint message = ConsumerPoll(_handle, (int)wait.TotalMilliseconds);
        if (message == 0)
        {
            return null;
        }
        try
        {
            NativeMessage native = Marshal.PtrToStructure<NativeMessage>(message);
            string topic = native.Topic == 0 ? "" : Marshal.PtrToStringUTF8(TopicName(native.Topic)) ?? "";
            if (native.Error != NoError)
            {
                return new Polled(native.Error, topic, native.Partition, native.Offset, null);
            }
            long milliseconds = Timestamp(message, out _);
            TopicRecord record = new(
                topic, native.Partition, native.Offset, Copy(native.Key, native.KeyLength), Copy(native.Payload, native.Length),
                HeadersOf(message), DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(0, milliseconds)));
            return new Polled(NoError, topic, native.Partition, native.Offset, record);
        }
        finally
        {
            DestroyMessage(message);
        }
    }

    public void Dispose()
    {
        Close(_handle);
        Destroy(_handle);
    }

    /// <summary>librdkafka's words for an error code.</summary>
    public static string Describe(int error) => Marshal.PtrToStringUTF8(ErrorText(error)) ?? "";

    private static List<KeyValuePair<string, byte[]>> HeadersOf(nint message)
    {
        List<KeyValuePair<string, byte[]>> headers = [];
        if (MessageHeaders(message, out nint list) == NoError)
        {
            for (nint i = 0; Header(list, i, out nint name, out nint value, out nint length) == NoError; i++)
            {
                headers.Add(KeyValuePair.Create(Marshal.PtrToStringUTF8(name) ?? "", Copy(value, length) ?? []));
            }
        }
        return headers;
    }

    private static byte[]? Copy(nint from, nint length)
    {
        if (from == 0)
        {
            return null;
        }
        byte[] bytes = new byte[length];
        Marshal.Copy(from, bytes, 0, bytes.Length);
        return bytes;
    }

    private static string Text(byte[] zeroTerminated) => Encoding.UTF8.GetString(zeroTerminated, 0, Math.Max(0, Array.IndexOf(zeroTerminated, (byte)0)));

    // Where librdkafka.redist came with the build its library is found by its plain name; else the distribution's.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == Library && !NativeLibrary.TryLoad(name, assembly, path, out _) && NativeLibrary.TryLoad("librdkafka.so.1", out nint library) ? library : 0;

    /// <summary>What a poll gave.</summary>
    internal sealed record Polled(int Error, string Topic, int Partition, long Offset, TopicRecord? Record);

    // rd_kafka_message_t; the runtime inserts the same padding as the C compiler.
    [StructLayout(LayoutKind.Sequential)]
    private struct NativeMessage
    {
        public int Error;
        public nint Topic;
        public int Partition;
        public nint Payload;
        public nint Length;
        public nint Key;
        public nint KeyLength;
        public long Offset;
        public nint Private;
    }

    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_new")]
    private static partial nint NewConfiguration();

    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_destroy")]
    private static partial void DestroyConfiguration(nint configuration);

    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(nint configuration, string name, string value, [Out] byte[] error, nint errorBytes);

    [LibraryImport(Library, EntryPoint = "rd_kafka_new")]
    private static partial nint New(int type, nint configuration, [Out] byte[] error, nint errorBytes);

    [LibraryImport(Library, EntryPoint = "rd_kafka_poll_set_consumer")]
    private static partial int RedirectToConsumer(nint handle);

    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_partition_list_new")]
    private static partial nint NewList(int size);

    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_partition_list_add", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint AddToList(nint list, string topic, int partition);

    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_partition_list_destroy")]
    private static partial void DestroyList(nint list);

    [LibraryImport(Library, EntryPoint = "rd_kafka_incremental_assign")]
    private static partial nint IncrementalAssign(nint handle, nint list);

    [LibraryImport(Library, EntryPoint = "rd_kafka_error_string")]
    private static partial nint ErrorString(nint error);

    [LibraryImport(Library, EntryPoint = "rd_kafka_error_destroy")]
    private static partial void DestroyError(nint error);

    [LibraryImport(Library, EntryPoint = "rd_kafka_query_watermark_offsets", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int QueryWatermarks(nint handle, string topic, int partition, out long low, out long high, int timeoutMs);

    [LibraryImport(Library, EntryPoint = "rd_kafka_consumer_poll")]
    private static partial nint ConsumerPoll(nint handle, int timeoutMs);

    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_name")]
    private static partial nint TopicName(nint topic);

    [LibraryImport(Library, EntryPoint = "rd_kafka_message_timestamp")]
    private static partial long Timestamp(nint message, out int type);

    [LibraryImport(Library, EntryPoint = "rd_kafka_message_headers")]
    private static partial int MessageHeaders(nint message, out nint headers);

    [LibraryImport(Library, EntryPoint = "rd_kafka_header_get_all")]
    private static partial int Header(nint headers, nint index, out nint name, out nint value, out nint length);

    [LibraryImport(Library, EntryPoint = "rd_kafka_message_destroy")]
    private static partial void DestroyMessage(nint message);

    // Returns an error code, which without a group and without commits means nothing.
    [LibraryImport(Library, EntryPoint = "rd_kafka_consumer_close")]
    private static partial void Close(nint handle);

    [LibraryImport(Library, EntryPoint = "rd_kafka_destroy")]
    private static partial void Destroy(nint handle);

    [LibraryImport(Library, EntryPoint = "rd_kafka_err2str")]
    private static partial nint ErrorText(int error);
}
