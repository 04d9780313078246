using Confluent.Kafka;
using Penstock.Engine.Flow;
using Penstock.Kafka.Connection;

namespace Penstock.Kafka.Producing;

/// <summary>
/// Producer over Confluent.Kafka's <c>Produce</c>: simple, some 2 us and a few hundred bytes for each record. The oracle of <see cref="NativeRecordProducer"/>.
/// </summary>
public sealed class ConfluentRecordProducer : LedgerProducer
{
    private readonly IProducer<byte[]?, byte[]?> _producer;
    private TopicPartition[]?[] _targets = [];

    /// <param name="connection">Opened.</param>
    /// <param name="topics">Names of the records' topics, without the connection's prefix.</param>
    /// <param name="log">Gets librdkafka's log.</param>
    /// <param name="idempotent">False after a broker has refused the producer id.</param>
    public ConfluentRecordProducer(KafkaConnection connection, TopicTable topics, ClientLog log, bool idempotent)
        : base(connection, topics, log)
    {
        var config = connection.NewProducerConfig(idempotent);
        config.DeliveryReportFields = "status";
        _producer = new ProducerBuilder<byte[]?, byte[]?>(config)
            .SetLogHandler((_, message) => log.Log(message))
            .SetErrorHandler((_, error) => OnError(error, log))
            .Build();
    }

    private protected override void Enqueue(RecordBatch batch, BatchDelivery delivery)
    {
        // One handler for the batch, not one for each record.
        Action<DeliveryReport<byte[]?, byte[]?>> handler = report => OnReport(delivery, report);
        foreach (int index in batch.Order.AsSpan(0, batch.OrderCount))
        {
            ref var record = ref batch.Records[index];
            var message = new Message<byte[]?, byte[]?>
            {
                Key = record.KeyLength < 0 ? null : batch.Key(record).ToArray(),
                Value = record.ValueLength < 0 ? null : batch.Value(record).ToArray(),
            };
            if (record.HeadersLength > 0)
            {
                message.Headers = RecordHeaders.Decode(batch.Slab!.Bytes.AsSpan(record.HeadersOffset, record.HeadersLength));
            }

            if (record.TimestampMs >= 0)
            {
                message.Timestamp = new Timestamp(record.TimestampMs, TimestampType.CreateTime);
            }

            Enqueue(Target(record.Topic, record.Partition), message, delivery, handler);
            CountEnqueued(1, Math.Max(record.KeyLength, 0) + Math.Max(record.ValueLength, 0));
        }
    }

    private protected override void DestroyClient() => _producer.Dispose();

    private void Enqueue(TopicPartition target, Message<byte[]?, byte[]?> message, BatchDelivery delivery, Action<DeliveryReport<byte[]?, byte[]?>> handler)
    {
        while (true)
        {
            try
            {
                using (EnterClient())
                {
                    _producer.Produce(target, message, handler);
                }

                return;
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                WaitForRoom();
            }
            catch (ProduceException<byte[]?, byte[]?> e)
            {
                FailAfterReports(ProducerFailure.OfRecord(e.Error.Code, target.Topic, target.Partition.Value, delivery.First, delivery.Last, e.Error.Reason));
            }
        }
    }

    private TopicPartition Target(int topic, int partition)
    {
        if (topic >= _targets.Length)
        {
            Array.Resize(ref _targets, Math.Max(Topics.Count, topic + 1));
        }

        ref var partitions = ref _targets[topic];
        int known = partitions?.Length ?? 0;
        if (partition >= known)
        {
            Array.Resize(ref partitions, partition + 1);
            string name = Connection.Topic(Topics.Name(topic));
            for (int i = known; i <= partition; i++)
            {
                partitions[i] = new TopicPartition(name, i);
            }
        }

        return partitions![partition];
    }

    private void OnReport(BatchDelivery delivery, DeliveryReport<byte[]?, byte[]?> report)
    {
        if (!report.Error.IsError)
        {
            Confirm(delivery, 1);
        }
        else if (report.Error.Code is not (ErrorCode.Local_PurgeQueue or ErrorCode.Local_PurgeInflight or ErrorCode.Local_Fatal))
        {
            // Those three are consequences of a failure that comes, or came, by itself.
            Ledger.Fail(ProducerFailure.OfRecord(report.Error.Code, report.Topic, report.Partition.Value, delivery.First, delivery.Last, report.Error.Reason));
        }
    }

    private void OnError(Error error, ClientLog log)
    {
        if (error.IsFatal)
        {
            Ledger.Suspect(ProducerFailure.OfProducer(error.Code, error.Reason));
        }
        else
        {
            log.Error(error);
        }
    }
}
