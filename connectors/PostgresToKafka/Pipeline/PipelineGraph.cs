using System.Threading.Tasks.Dataflow;
using Penstock.Debezium.Events;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Engine.Operations;
using Penstock.Kafka.Producing;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// The whole pipeline on one screen: five bounded blocks, linked, and the way back.
/// </summary>
/// <remarks>
/// <code>
///  walsender -> [1 WAL reader] -> [2 decoder] -> [3 size filter] -> [4 partitioner] -> [5 producer] -> Kafka
///                  ^ thread         slab in,                                              |
///                  |                slabs out                                             | delivery reports
///             status timer  &lt;----------------------- watermark  &lt;-------------------------+
/// </code>
/// A message is a batch, never a row. A full block makes its predecessor wait, back to the socket. A graph runs once: it is drained or it has failed,
/// and the supervisor builds the next one from the confirmed position.
/// </remarks>
internal sealed class PipelineGraph
{
    private readonly SlabPool _walSlabs;
    private readonly SlabPool _recordSlabs;
    private readonly BatchPool<WalBatch> _walBatches = new(batch => batch.Reset());
    private readonly BatchPool<RecordBatch> _recordBatches = new(batch => batch.Reset());
    private readonly BufferBlock<WalBatch> _reader;
    private readonly BufferBlock<RecordBatch> _decoded;
    private readonly Task _completion;
    private readonly Task _producing;
    private readonly TaskCompletionSource<Exception> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IRecordProducer _producer;
    private IWalSource? _source;

    /// <param name="limits">Capacities and slab size.</param>
    /// <param name="decoder">Makes the decoding stage over the pool of its output, the way to the next block and the batches to fill.</param>
    /// <param name="sizeFilter">Applies the policy for records above the limit.</param>
    /// <param name="partitioner">Chooses partitions.</param>
    /// <param name="producer">Hands records to Kafka, and reports each delivery to the watermark.</param>
    /// <param name="watermark">Collects what is delivered.</param>
    public PipelineGraph(
        PipelineLimits limits,
        Func<SlabPool, Action<RecordBatch>, Func<RecordBatch>, Action<WalBatch>> decoder,
        Action<RecordBatch> sizeFilter,
        Action<RecordBatch> partitioner,
        IRecordProducer producer,
        Watermark watermark)
    {
        _producer = producer;
        _walSlabs = new SlabPool("wal", limits.SlabBytes, PipelineLimits.WalSlabs);
        _recordSlabs = new SlabPool("records", limits.SlabBytes, PipelineLimits.RecordSlabs);

        _decoded = new BufferBlock<RecordBatch>(Stage.Bounded(PipelineLimits.DecodedBatches));
        var decode = decoder(_recordSlabs, batch =>
        {
            Failpoint.Reach("decoder.emit");
            watermark.Open(batch.Sequence, batch.Count, batch.Position, batch.CommittedAtUs / 1000);
            Failpoint.Reach("watermark.opened");
            Stage.Send(_decoded, batch);
        }, _recordBatches.Rent);

        _reader = new BufferBlock<WalBatch>(Stage.Bounded(PipelineLimits.ReaderBatches));
        var decoding = new ActionBlock<WalBatch>(Stage.Guard<WalBatch>("decoder", batch => Decode(batch, decode)), Stage.Bounded(PipelineLimits.DecoderBatches));
        var filtering = new TransformBlock<RecordBatch, RecordBatch>(Stage.Pass("size filter", sizeFilter), Stage.Bounded(PipelineLimits.SizeFilterBatches));
        var partitioning = new TransformBlock<RecordBatch, RecordBatch>(Stage.Pass("partitioner", partitioner), Stage.Bounded(PipelineLimits.PartitionerBatches));
        var producing = new ActionBlock<RecordBatch>(Stage.Guard<RecordBatch>("producer", Produce), Stage.Bounded(PipelineLimits.ProducerBatches));

        // The decoder makes any number of batches from one: an action block in front and a bounded buffer behind bound both sides, which TransformManyBlock does not.
        var decodingBlock = DataflowBlock.Encapsulate(decoding, _decoded);
        _reader.LinkTo(decodingBlock, Stage.Link);
        decodingBlock.LinkTo(filtering, Stage.Link);
        filtering.LinkTo(partitioning, Stage.Link);
        partitioning.LinkTo(producing, Stage.Link);

        Task[] blocks = [_reader.Completion, decoding.Completion, _decoded.Completion, filtering.Completion, partitioning.Completion, producing.Completion];
        _ = decoding.Completion.ContinueWith(_ => _decoded.Complete(), TaskScheduler.Default);
        foreach (var block in blocks)
        {
            _ = block.ContinueWith(ended => Fail(ended.Exception!.GetBaseException()), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        _completion = Task.WhenAll(blocks);
        _producing = producing.Completion;
    }

    /// <summary>Where sources rent larger slabs for rows that need them.</summary>
    public SlabPool WalSlabs => _walSlabs;

    /// <summary>Slabs that are out: zero after a drained run (invariant 7), else the message names who holds them.</summary>
    public (int Count, string Holders) OutstandingSlabs => (_walSlabs.Outstanding + _recordSlabs.Outstanding, $"{_walSlabs.Holders} {_recordSlabs.Holders}".Trim());

    /// <summary>
    /// Ends the run with an error: closes the pools, takes nothing more into the two blocks that threads put batches into, and stops the source, so that nobody waits for what will not
    /// come. A thread that did would keep the whole run in memory. First error wins.
    /// </summary>
    public void Fail(Exception error)
    {
        // These two only say that some other stage has failed: that one's error is the one to report.
        if (error is not (PoolClosedException or GraphStoppedException))
        {
            _failure.TrySetResult(error);
        }

        _walSlabs.Close();
        _recordSlabs.Close();
        _reader.Complete();
        _decoded.Complete();
        _source?.Stop();
    }

    /// <summary>
    /// Reads the source to its end, or until <paramref name="stop"/>, and drains: returns when every batch has been handed to the producer and the producer's queue is empty.
    /// </summary>
    /// <param name="source">Read by a thread of its own.</param>
    /// <param name="heartbeatIntervalMs">0 for none.</param>
    /// <param name="drainTimeoutMs">How long draining may take after <paramref name="stop"/>.</param>
    /// <param name="stop">Asks for the end; never given to a block.</param>
    /// <returns>True if drained; false if the time ran out first. What was not delivered then is sent again by the next run.</returns>
    public async Task<bool> RunAsync(IWalSource source, int heartbeatIntervalMs, int drainTimeoutMs, CancellationToken stop)
    {
        _source = source;
        var reading = new ReaderThread(source, _walSlabs, _walBatches, batch => Stage.Send(_reader, batch), heartbeatIntervalMs);
        var deadline = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timer = new Timer(_ => deadline.TrySetResult());
        await using var stopping = stop.Register(() =>
        {
            timer.Change(drainTimeoutMs, Timeout.Infinite);
            reading.Stop();
        });

        var read = reading.Start();
        _ = read.ContinueWith(ended => Fail(ended.Exception!.GetBaseException()), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        var drained = DrainAsync(read);
        var first = await Task.WhenAny(drained, _failure.Task, deadline.Task).ConfigureAwait(false);
        if (first == drained && drained.IsFaulted)
        {
            Fail(drained.Exception!.GetBaseException());
        }

        if (first == deadline.Task)
        {
            Fail(new GraphStoppedException());
            await reading.AbandonAsync().ConfigureAwait(false);
            return false;
        }

        if (first == _failure.Task || drained.IsFaulted)
        {
            await reading.AbandonAsync().ConfigureAwait(false);
            // A stage that only saw another one fail may have ended first: the error that began it follows at once.
            await Task.WhenAny(_failure.Task, Task.Delay(5000, CancellationToken.None)).ConfigureAwait(false);
            if (_failure.Task.IsCompleted && await _failure.Task.ConfigureAwait(false) is UndecodableEventException)
            {
                await DeliverDecodedAsync(drainTimeoutMs).ConfigureAwait(false);
            }

            throw new PipelineFailedException(_failure.Task.IsCompleted ? await _failure.Task.ConfigureAwait(false) : new GraphStoppedException());
        }

        return true;
    }

    /// <summary>After a change that cannot be decoded: the stages behind the decoder are sound, and what was decoded before it is still to be delivered.</summary>
    private async Task DeliverDecodedAsync(int timeoutMs)
    {
        async Task DeliverAsync()
        {
            await _producing.ConfigureAwait(false);
            await _producer.DrainAsync().ConfigureAwait(false);
        }

        var delivering = DeliverAsync();
        await Task.WhenAny(delivering, Task.Delay(timeoutMs)).ConfigureAwait(false);
        // Observed: the change that led here is what is reported.
        _ = delivering.Exception;
    }

    private async Task DrainAsync(Task read)
    {
        await read.ConfigureAwait(false);
        _reader.Complete();
        await _completion.ConfigureAwait(false);
        await _producer.DrainAsync().ConfigureAwait(false);
    }

    private void Produce(RecordBatch batch)
    {
        Failpoint.Reach("producer.batch");
        _producer.Produce(batch);
        Failpoint.Reach("producer.produced");
        _recordBatches.Return(batch);
    }

    private void Decode(WalBatch batch, Action<WalBatch> decode)
    {
        Failpoint.Reach("decoder.batch");
        decode(batch);
        batch.ReturnSlab();
        _walBatches.Return(batch);
    }
}
