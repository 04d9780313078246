using Confluent.Kafka;
using Penstock.Engine.Flow;
using Penstock.Kafka.Connection;

namespace Penstock.Kafka.Producing;

/// <summary>
/// Producer over Confluent.Kafka's <c>Produce</c>: simple, some 2 us and a few hundred bytes for each record.
/// </summary>
public sealed class ConfluentRecordProducer : IRecordProducer
{
    private readonly KafkaConnection _connection;
    private readonly TopicTable _topics;
    private readonly ClientLog _log;
    private readonly DeliveryLedger _ledger;
    private readonly IProducer<byte[]?, byte[]?> _producer;

    // The client must not be destroyed below a running call.
    private readonly Lock _clientLock = new();
    private bool _clientClosed;
    private TopicPartition[]?[] _targets = [];
    private long _records;
    private long _bytes;
    private long _queueFullWaits;

    /// <param name="connection">Opened.</param>
    /// <param name="topics">Names of the records' topics, without the connection's prefix.</param>
    /// <param name="log">Gets librdkafka's log.</param>
    /// <param name="idempotent">False after a broker has refused the producer id.</param>
    public ConfluentRecordProducer(KafkaConnection connection, TopicTable topics, ClientLog log, bool idempotent)
    {
        _connection = connection;
        _topics = topics;
        _log = log;
        _ledger = new DeliveryLedger(connection.DeliveryTimeoutMs) { LastBrokerError = () => log.LastBrokerError };
        var config = connection.NewProducerConfig(idempotent);
        config.DeliveryReportFields = "status";
        _producer = new ProducerBuilder<byte[]?, byte[]?>(config)
            .SetLogHandler((_, message) => log.Log(message))
            .SetErrorHandler((_, error) => OnError(error))
            .Build();
        _ledger.Failed = OnFailed;
    }

    public Action<long, int>? Delivered
    {
        get => _ledger.Delivered;
        set => _ledger.Delivered = value;
    }

    public Action<ProducerFailure>? Failed { get; set; }

    public ProducerFailure? Failure => _ledger.Failure;

    public ProducerStatistics Statistics => new(
        Interlocked.Read(ref _records), Interlocked.Read(ref _bytes), _ledger.DeliveredRecords, _ledger.OpenBatches, Interlocked.Read(ref _queueFullWaits));

    public void Produce(RecordBatch batch)
    {
        try
        {
            int removed = batch.Count - batch.OrderCount;
            if (batch.OrderCount > 0)
            {
                var delivery = _ledger.Open(batch.Sequence, batch.OrderCount);
                // One handler for the batch, not one for each record.
                Action<DeliveryReport<byte[]?, byte[]?>> handler = report => OnReport(delivery, report);
                foreach (int index in batch.Order.AsSpan(0, batch.OrderCount))
                {
                    Enqueue(batch, batch.Records[index], handler);
                }
            }

            if (removed > 0)
            {
                _ledger.Account(batch.Sequence, removed);
            }
        }
        finally
        {
            // librdkafka has copied what was enqueued; after a failure nobody needs the bytes either.
            batch.ReturnSlab();
        }
    }

    public Task DrainAsync() => _ledger.DrainAsync();

    public bool Flush(TimeSpan timeout) => _ledger.Flush(timeout);

    public void Dispose()
    {
        _ledger.Dispose();
        CloseClient();
    }

    private void Enqueue(RecordBatch batch, in Record record, Action<DeliveryReport<byte[]?, byte[]?>> handler)
    {
        var message = new Message<byte[]?, byte[]?>
        {
            Key = record.KeyLength < 0 ? null : batch.Key(record).ToArray(),
            Value = record.ValueLength < 0 ? null : batch.Value(record).ToArray(),
        };
        if (record.HeadersLength > 0)
        {
            message.Headers = RecordHeaders.Decode(batch.Slab!.Bytes.AsSpan(record.HeadersOffset, record.HeadersLength));
        }

        var target = Target(record.Topic, record.Partition);
        while (true)
        {
            try
            {
                lock (_clientLock)
                {
                    _ledger.ThrowIfEnded();
                    _producer.Produce(target, message, handler);
                }

                Interlocked.Increment(ref _records);
                Interlocked.Add(ref _bytes, Math.Max(record.KeyLength, 0) + Math.Max(record.ValueLength, 0));
                return;
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                Interlocked.Increment(ref _queueFullWaits);
                _ledger.WaitForProgress();
            }
            catch (ProduceException<byte[]?, byte[]?> e)
            {
                _ledger.Fail(ProducerFailure.OfRecord(e.Error.Code, target.Topic, target.Partition.Value, e.Error.Reason));
            }
        }
    }

    private TopicPartition Target(int topic, int partition)
    {
        if (topic >= _targets.Length)
        {
            Array.Resize(ref _targets, Math.Max(_topics.Count, topic + 1));
        }

        ref var partitions = ref _targets[topic];
        int known = partitions?.Length ?? 0;
        if (partition >= known)
        {
            Array.Resize(ref partitions, partition + 1);
            string name = _connection.Topic(_topics.Name(topic));
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
            if (_log.LastBrokerError.Length > 0)
            {
                _log.Recovered();
            }

            delivery.Confirm(1);
        }
        else if (report.Error.Code is not (ErrorCode.Local_PurgeQueue or ErrorCode.Local_PurgeInflight or ErrorCode.Local_Fatal))
        {
            // Those three are consequences of a failure that comes, or came, by itself.
            _ledger.Fail(ProducerFailure.OfRecord(report.Error.Code, report.Topic, report.Partition.Value, report.Error.Reason));
        }
    }

    private void OnError(Error error)
    {
        if (error.IsFatal)
        {
            _ledger.Suspect(ProducerFailure.OfProducer(error.Code, error.Reason));
        }
        else
        {
            _log.Error(error);
        }
    }

    private void OnFailed(ProducerFailure failure)
    {
        Failed?.Invoke(failure);
        // Destroying the client drops its queue: nothing behind the failed record is sent any more. Not on this thread, which the client waits for.
        _ = Task.Run(CloseClient);
    }

    private void CloseClient()
    {
        lock (_clientLock)
        {
            if (!_clientClosed)
            {
                _clientClosed = true;
                _producer.Dispose();
            }
        }
    }
}
