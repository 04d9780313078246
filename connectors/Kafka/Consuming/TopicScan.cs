using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Native;
using Penstock.Kafka.Topics;

namespace Penstock.Kafka.Consuming;

/// <summary>What a look for the next record gave.</summary>
public enum ScanStep
{
    /// <summary>A record, which was given on.</summary>
    Record,

    /// <summary>Nothing in the time.</summary>
    Nothing,

    /// <summary>A partition is at the end that it has now; said again whenever it comes there.</summary>
    PartitionEnd,
}

/// <summary>
/// Reads partitions of one topic from given offsets, beside whoever else does: without a group, without commits. Called by one thread.
/// </summary>
public sealed unsafe class TopicScan : IDisposable
{
    private const int ErrorTextBytes = 512;
    private const int RequestTimeoutMs = 5_000;
    private const int EndMs = 5_000;

    private readonly ClientLog _log;
    private readonly HashSet<int> _started = [];
    private readonly nint _client;
    private readonly nint _queue;
    private readonly nint _topic;
    private GCHandle _self;

    /// <param name="connection">The cluster, opened.</param>
    /// <param name="topic">The topic's name in the cluster.</param>
    /// <param name="queueBytes">Bytes that may wait to be taken.</param>
    /// <param name="log">Gets log and errors.</param>
    public TopicScan(KafkaConnection connection, string topic, long queueBytes, ClientLog log)
    {
        Topic = topic;
        _log = log;
        _self = GCHandle.Alloc(this);
        _client = Create(Config(connection, queueBytes));
        _queue = NativeScanApi.QueueNew(_client);
        _topic = NativeKafka.TopicNew(_client, topic, 0);
    }

    /// <summary>The topic's name in the cluster.</summary>
    public string Topic { get; }

    /// <summary>Begins to read a partition.</summary>
    /// <param name="partition">Its number.</param>
    /// <param name="offset">From where.</param>
    public void Start(int partition, long offset)
    {
        if (NativeScanApi.Start(_topic, partition, offset, _queue) != 0)
        {
            throw new ConsumerException($"librdkafka does not read {Topic}[{partition}]: {KafkaLibrary.ErrorText(NativeScanApi.LastError())}", isTemporary: true);
        }

        _started.Add(partition);
    }

    /// <summary>Ends the reading of a partition.</summary>
    public void Stop(int partition)
    {
        if (_started.Remove(partition))
        {
            _ = NativeScanApi.Stop(_topic, partition);
        }
    }

    /// <summary>Gives the next record on.</summary>
    /// <param name="waitMs">How long to wait for one.</param>
    /// <param name="take">Gets it, during the call.</param>
    /// <param name="partition">The partition that is at its end, -1 else.</param>
    /// <exception cref="TopicException">The topic is gone, or may not be read.</exception>
    /// <exception cref="ConsumerException">The offset is outside of what the partition has, or the consumer is of no use any more.</exception>
    public ScanStep Next(int waitMs, TakeRecord take, out int partition)
    {
        partition = -1;
        _ = NativeScanApi.Poll(_client, 0);
        var message = NativeScanApi.Next(_queue, waitMs);
        if (message is null)
        {
            return ScanStep.Nothing;
        }

        try
        {
            if (message->Error == 0)
            {
                _log.Recovered();
                take(new ScannedRecord(message));
                return ScanStep.Record;
            }

            if (message->Error == NativeScanApi.PartitionEof)
            {
                partition = message->Partition;
                return ScanStep.PartitionEnd;
            }

            Judge(message);
            return ScanStep.Nothing;
        }
        finally
        {
            NativeConsumerApi.MessageDestroy(message);
        }
    }

    /// <summary>The first offset that a partition has, and the one behind its last.</summary>
    /// <exception cref="KafkaUnavailableException">No broker says.</exception>
    public (long First, long End) Bounds(int partition)
    {
        int error = NativeConsumerApi.QueryWatermarks(_client, Topic, partition, out long low, out long high, RequestTimeoutMs);
        return error == 0 ? (low, high) : throw Silent(error);
    }

    /// <summary>The first offset at or behind a time, by partition; the end where there is none.</summary>
    /// <exception cref="KafkaUnavailableException">No broker says.</exception>
    public IReadOnlyDictionary<int, long> OffsetsAt(DateTimeOffset time, IReadOnlyCollection<int> partitions)
    {
        var list = NativeConsumerApi.ListNew(partitions.Count);
        try
        {
            foreach (int partition in partitions)
            {
                NativeConsumerApi.ListAdd(list, Topic, partition)->Offset = time.ToUnixTimeMilliseconds();
            }

            int error = NativeScanApi.OffsetsForTimes(_client, list, RequestTimeoutMs);
            if (error != 0)
            {
                throw Silent(error);
            }

            var offsets = new Dictionary<int, long>();
            for (int i = 0; i < list->Count; i++)
            {
                var found = list->Elements[i];
                offsets[found.Partition] = found.Offset >= 0 ? found.Offset : Bounds(found.Partition).End;
            }

            return offsets;
        }
        finally
        {
            NativeConsumerApi.ListDestroy(list);
        }
    }

    public void Dispose()
    {
        if (!_self.IsAllocated)
        {
            return;
        }

        bool isEnded = ClientEnd.InTime(
            () =>
            {
                foreach (int partition in _started)
                {
                    _ = NativeScanApi.Stop(_topic, partition);
                }

                NativeKafka.TopicDestroy(_topic);
                NativeKafka.QueueDestroy(_queue);
                NativeKafka.Destroy(_client);
            },
            EndMs);
        if (isEnded)
        {
            // One that was left alone may still call back.
            _self.Free();
        }
    }

    private static ClientConfig Config(KafkaConnection connection, long queueBytes)
    {
        var config = connection.NewClientConfig();
        // Options of a consumer that a pipeline's user has set stand: they are among those of the client.
        config.Set("queued.max.messages.kbytes", Math.Max(1, queueBytes / 1024).ToString(CultureInfo.InvariantCulture));
        config.Set("queued.min.messages", "100000");
        config.Set("fetch.max.bytes", Math.Max(1_048_576, queueBytes / 2).ToString(CultureInfo.InvariantCulture));
        config.Set("fetch.wait.max.ms", "100");
        // A librdkafka before 2.2 rests for so long when its queue was full.
        config.Set("fetch.error.backoff.ms", "20");
        config.Set("enable.partition.eof", "true");
        config.Set("isolation.level", "read_committed");
        config.Set("auto.offset.reset", "error");
        config.Set("allow.auto.create.topics", "false");
        return config;
    }

    private nint Create(ClientConfig config)
    {
        nint conf = NativeConfiguration.Of(config);
        NativeConsumerApi.ConfSetOpaque(conf, GCHandle.ToIntPtr(_self));
        NativeKafka.ConfSetLogCallback(conf, &OnLog);
        NativeConsumerApi.ConfSetErrorCallback(conf, &OnError);
        return NativeConsumerApi.NewClient(conf);
    }

    private void Judge(NativeMessage* message)
    {
        var code = (ErrorCode)message->Error;
        string text = message->Value is null ? KafkaLibrary.ErrorText(message->Error) : NativeKafka.Text(message->Value);
        switch (code)
        {
            case ErrorCode.TopicAuthorizationFailed:
                throw new TopicException(TopicProblem.NotAllowed, Topic, $"the user of KAFKA_URL may not read topic '{Topic}'");
            case ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition:
                throw new TopicException(TopicProblem.Missing, Topic, $"topic '{Topic}' is gone");
            case ErrorCode.OffsetOutOfRange or (ErrorCode)NativeConsumerApi.AutoOffsetReset:
                throw new ConsumerException($"the records of {Topic}[{message->Partition}] at this place are no longer in the topic: retention was faster", isTemporary: true);
            case ErrorCode.Local_Fatal:
                throw new ConsumerException($"librdkafka's consumer has failed: {text}", isTemporary: true);
            default:
                // Brokers that are down: librdkafka goes on by itself.
                _log.Error(new Error(code, text));
                break;
        }
    }

    private KafkaUnavailableException Silent(int error)
    {
        _ = NativeScanApi.Poll(_client, 0);
        return new KafkaUnavailableException($"no answer from Kafka about {Topic}: {(_log.LastBrokerError.Length > 0 ? _log.LastBrokerError : KafkaLibrary.ErrorText(error))}");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(nint client, int severity, byte* facility, byte* text)
    {
        if (client != 0 && GCHandle.FromIntPtr(NativeConsumerApi.Opaque(client)).Target is TopicScan self)
        {
            self._log.Log(severity, NativeKafka.Text(facility), NativeKafka.Text(text));
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnError(nint client, int code, byte* reason, nint opaque) =>
        ((TopicScan)GCHandle.FromIntPtr(opaque).Target!)._log.Error(new Error((ErrorCode)code, NativeKafka.Text(reason)));
}
