using Penstock.Engine.Flow;
using Penstock.Kafka.Connection;

namespace Penstock.Kafka.Producing;

/// <summary>What both producers share: the ledger of deliveries, failing once, and closing the client while nobody is inside it.</summary>
public abstract class LedgerProducer : IRecordProducer
{
    private readonly Lock _clientLock = new();
    private readonly ClientLog _log;
    private bool _clientClosed;
    private long _records;
    private long _bytes;
    private long _queueFullWaits;

    private protected LedgerProducer(KafkaConnection connection, TopicTable topics, ClientLog log)
    {
        Connection = connection;
        Topics = topics;
        _log = log;
        Ledger = new DeliveryLedger(connection.DeliveryTimeoutMs) { LastBrokerError = () => log.LastBrokerError, Failed = OnFailed };
    }

    public Action<long, int>? Delivered
    {
        get => Ledger.Delivered;
        set => Ledger.Delivered = value;
    }

    public Action<ProducerFailure>? Failed { get; set; }

    public ProducerFailure? Failure => Ledger.Failure;

    public ProducerStatistics Statistics => new(
        Interlocked.Read(ref _records), Interlocked.Read(ref _bytes), Ledger.DeliveredRecords, Ledger.OpenBatches, Interlocked.Read(ref _queueFullWaits));

    private protected DeliveryLedger Ledger { get; }

    private protected KafkaConnection Connection { get; }

    private protected TopicTable Topics { get; }

    public void Produce(RecordBatch batch)
    {
        try
        {
            int removed = batch.Count - batch.OrderCount;
            if (batch.OrderCount > 0)
            {
                Enqueue(batch, Ledger.Open(batch.Sequence, batch.OrderCount, Position(batch.Records[0]), Position(batch.Records[^1])));
            }

            if (removed > 0)
            {
                Ledger.Account(batch.Sequence, removed);
            }
        }
        finally
        {
            // librdkafka has copied what was enqueued; after a failure nobody needs the bytes either.
            batch.ReturnSlab();
        }
    }

    private static EventPosition Position(in Record record) => new(record.CommitLsn, record.Ordinal);

    public Task DrainAsync() => Ledger.DrainAsync();

    public bool Flush(TimeSpan timeout) => Ledger.Flush(timeout);

    public void Dispose()
    {
        Ledger.Dispose();
        CloseClient();
        GC.SuppressFinalize(this);
    }

    /// <summary>Hands over the records of <see cref="RecordBatch.Order"/>, in that order.</summary>
    private protected abstract void Enqueue(RecordBatch batch, BatchDelivery delivery);

    /// <summary>Destroys librdkafka's client and its queue. Called once.</summary>
    private protected abstract void DestroyClient();

    /// <summary>Hold it for each call into the client: the client must not be destroyed below it.</summary>
    private protected Lock.Scope EnterClient()
    {
        var scope = _clientLock.EnterScope();
        try
        {
            Ledger.ThrowIfEnded();
            return scope;
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    private protected void CountEnqueued(int records, long bytes)
    {
        Interlocked.Add(ref _records, records);
        Interlocked.Add(ref _bytes, bytes);
    }

    private protected void WaitForRoom()
    {
        Interlocked.Increment(ref _queueFullWaits);
        Ledger.WaitForProgress();
    }

    /// <summary>
    /// The client takes no records any more. Its reason may be no more than "fatal" while the report of the record that caused it is on its way: that one goes first.
    /// </summary>
    /// <exception cref="ProducerFailedException">Always, after a moment.</exception>
    private protected void FailAfterReports(ProducerFailure failure)
    {
        Ledger.Suspect(failure);
        while (true)
        {
            Ledger.WaitForProgress();
        }
    }

    private protected void Confirm(BatchDelivery delivery, int records)
    {
        if (_log.LastBrokerError.Length > 0)
        {
            _log.Recovered();
        }

        Ledger.Confirm(delivery, records);
    }

    private void OnFailed(ProducerFailure failure)
    {
        Failed?.Invoke(failure);
        // Destroying the client drops its queue: nothing behind the failed record is sent any more. Not on this thread, which the client may wait for.
        _ = Task.Run(CloseClient);
    }

    private void CloseClient()
    {
        lock (_clientLock)
        {
            if (!_clientClosed)
            {
                _clientClosed = true;
                DestroyClient();
            }
        }
    }
}
