using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using Penstock.Engine.Flow;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Native;

namespace Penstock.Kafka.Producing;

/// <summary>
/// Producer over <c>rd_kafka_produce_batch</c>: one call for all records of a batch that go to one partition, no managed object for a record.
/// </summary>
/// <remarks>
/// A batch call cannot carry headers or times: records with those go one by one through <c>rd_kafka_produceva</c>. Both append to the same partition queue, so order holds between them.
/// </remarks>
public sealed unsafe class NativeRecordProducer : LedgerProducer
{
    private readonly NativeClient _client;
    private readonly ConcurrentDictionary<long, BatchDelivery> _deliveries = new();
    private nint[] _topics = [];
    private BatchDelivery? _enqueued;
    private NativeMessage[] _messages = [];

    /// <inheritdoc cref="ConfluentRecordProducer(KafkaConnection, TopicTable, ClientLog, bool)"/>
    public NativeRecordProducer(KafkaConnection connection, TopicTable topics, ClientLog log, bool idempotent)
        : base(connection, topics, log) =>
        _client = new NativeClient(
            connection.NewProducerConfig(idempotent),
            log,
            OnDelivered,
            OnRefused,
            (code, reason) => Ledger.Suspect(ProducerFailure.OfProducer(code, reason)));

    private protected override void Enqueue(RecordBatch batch, BatchDelivery delivery)
    {
        _deliveries[batch.Sequence] = _enqueued = delivery;
        var order = batch.Order.AsSpan(0, batch.OrderCount);
        if (_messages.Length < order.Length)
        {
            // Pinned once: its address is given to every call.
            _messages = GC.AllocateUninitializedArray<NativeMessage>(Math.Max(order.Length, 256), pinned: true);
        }

        // Slabs are pinned for their whole life.
        byte* slab = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(batch.Slab!.Bytes));
        var records = batch.Records;
        for (int start = 0; start < order.Length;)
        {
            ref var first = ref records[order[start]];
            if (GoesAlone(first))
            {
                EnqueueAlone(slab, first, batch);
                start++;
                continue;
            }

            int count = 0;
            long bytes = 0;
            for (; start < order.Length; start++)
            {
                ref var record = ref records[order[start]];
                if (record.Topic != first.Topic || record.Partition != first.Partition || GoesAlone(record))
                {
                    break;
                }

                Fill(ref _messages[count++], slab, record, batch.Sequence);
                bytes += Math.Max(record.KeyLength, 0) + Math.Max(record.ValueLength, 0);
            }

            EnqueueGroup(first.Topic, first.Partition, count);
            CountEnqueued(count, bytes);
        }
    }

    private protected override void DestroyClient()
    {
        _client.Purge();
        foreach (nint topic in _topics)
        {
            if (topic != 0)
            {
                NativeKafka.TopicDestroy(topic);
            }
        }

        _client.Dispose();
        _deliveries.Clear();
    }

    private static void Fill(ref NativeMessage message, byte* slab, in Engine.Flow.Record record, long sequence)
    {
        message = default;
        message.Partition = record.Partition;
        message.Opaque = (nint)sequence;
        if (record.KeyLength >= 0)
        {
            message.Key = slab + record.KeyOffset;
            message.KeyBytes = (nuint)record.KeyLength;
        }

        if (record.ValueLength >= 0)
        {
            message.Value = slab + record.ValueOffset;
            message.ValueBytes = (nuint)record.ValueLength;
        }
    }

    private void EnqueueGroup(int topic, int partition, int count)
    {
        var messages = (NativeMessage*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_messages));
        while (true)
        {
            int taken;
            using (EnterClient())
            {
                taken = NativeKafka.ProduceBatch(Topic(topic), partition, NativeKafka.CopyFlag, messages, count);
            }

            if (taken == count)
            {
                return;
            }

            // A full queue refuses all that follow, so what was taken is the beginning. Any other refusal ends the producer, whatever was taken behind it.
            for (int i = 0; i < count; i++)
            {
                if (messages[i].Error is not (0 or (int)ErrorCode.Local_QueueFull))
                {
                    Refuse((ErrorCode)messages[i].Error, topic, partition);
                }
            }

            messages += taken;
            count -= taken;
            WaitForRoom();
            for (int i = 0; i < count; i++)
            {
                messages[i].Error = 0;
            }
        }
    }

    private static bool GoesAlone(in Engine.Flow.Record record) => record.HeadersLength > 0 || record.TimestampMs >= 0;

    private void EnqueueAlone(byte* slab, in Engine.Flow.Record record, RecordBatch batch)
    {
        NativeMessage message = default;
        Fill(ref message, slab, record, batch.Sequence);
        const int mostArguments = 8;
        NativeArgument* call = stackalloc NativeArgument[mostArguments];
        int arguments = 6;
        call[1] = NativeArgument.OfNumber(NativeArgument.PartitionNumber, record.Partition);
        call[2] = NativeArgument.OfNumber(NativeArgument.MessageFlags, NativeKafka.CopyFlag);
        call[3] = NativeArgument.Of(NativeArgument.ValueMemory, (nint)message.Value, message.ValueBytes);
        call[4] = NativeArgument.Of(NativeArgument.KeyMemory, (nint)message.Key, message.KeyBytes);
        call[5] = NativeArgument.Of(NativeArgument.OpaquePointer, message.Opaque);
        if (record.TimestampMs >= 0)
        {
            call[arguments++] = NativeArgument.OfLong(NativeArgument.TimestampMs, record.TimestampMs);
        }

        nint headers = record.HeadersLength == 0 ? 0 : RecordHeaders.ToNative(batch.Slab!.Bytes.AsSpan(record.HeadersOffset, record.HeadersLength));
        if (headers != 0)
        {
            call[arguments++] = NativeArgument.Of(NativeArgument.HeaderList, headers);
        }

        bool taken = false;
        try
        {
            while (!taken)
            {
                taken = TryProduce(call, arguments, record);
                if (!taken)
                {
                    WaitForRoom();
                }
            }
        }
        finally
        {
            if (!taken && headers != 0)
            {
                // librdkafka becomes the owner only with the message.
                NativeKafka.HeadersDestroy(headers);
            }
        }

        CountEnqueued(1, (long)(message.KeyBytes + message.ValueBytes));
    }

    /// <summary>False when the queue is full.</summary>
    private bool TryProduce(NativeArgument* call, int arguments, in Engine.Flow.Record record)
    {
        ErrorCode code;
        using (EnterClient())
        {
            call[0] = NativeArgument.Of(NativeArgument.TopicHandle, Topic(record.Topic));
            nint error = NativeKafka.ProduceArguments(_client.Handle, call, (nuint)arguments);
            if (error == 0)
            {
                return true;
            }

            code = (ErrorCode)NativeKafka.ErrorCodeOf(error);
            NativeKafka.ErrorDestroy(error);
        }

        if (code != ErrorCode.Local_QueueFull)
        {
            Refuse(code, record.Topic, record.Partition);
        }

        return false;
    }

    private void Refuse(ErrorCode code, int topic, int partition)
    {
        (ErrorCode Code, string Reason)? fatal;
        using (EnterClient())
        {
            fatal = _client.Fatal();
        }

        FailAfterReports(fatal is { } cause
            ? ProducerFailure.OfProducer(cause.Code, cause.Reason)
            : ProducerFailure.OfRecord(code, Connection.Topic(Topics.Name(topic)), partition, _enqueued!.First, _enqueued.Last, KafkaLibrary.ErrorText((int)code)));
    }

    private nint Topic(int topic)
    {
        if (topic >= _topics.Length)
        {
            Array.Resize(ref _topics, Math.Max(Topics.Count, topic + 1));
        }

        if (_topics[topic] == 0)
        {
            _topics[topic] = NativeKafka.TopicNew(_client.Handle, Connection.Topic(Topics.Name(topic)), 0);
        }

        return _topics[topic];
    }

    private void OnDelivered(nint sequence, int records)
    {
        if (_deliveries.TryGetValue(sequence, out var delivery))
        {
            Confirm(delivery, records);
            if (delivery.Pending == 0)
            {
                _deliveries.TryRemove(sequence, out _);
            }
        }
    }

    private void OnRefused(NativeMessage message)
    {
        var code = (ErrorCode)message.Error;
        if (code is not (ErrorCode.Local_PurgeQueue or ErrorCode.Local_PurgeInflight or ErrorCode.Local_Fatal))
        {
            // Those three are consequences of a failure that comes, or came, by itself.
            string topic = Marshal.PtrToStringUTF8(NativeKafka.TopicName(message.Topic)) ?? "";
            _deliveries.TryGetValue(message.Opaque, out var delivery);
            Ledger.Fail(ProducerFailure.OfRecord(code, topic, message.Partition, delivery?.First ?? default, delivery?.Last ?? default, KafkaLibrary.ErrorText(message.Error)));
        }
    }
}
