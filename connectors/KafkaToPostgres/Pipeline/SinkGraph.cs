using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Dataflow;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Kafka.Consuming;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>
/// The whole pipeline on one screen: bounded blocks, linked.
/// </summary>
/// <remarks>
/// <code>
///  Kafka -> [1 consumer] -> [2 decoder] -> [3 batch builder] -> [4 applier] -> Postgres: rows and offsets, one transaction
///             ^ thread       records in,      takes what waits,     one row for each key,
///                            rows out         up to batch.size      COPY and one statement for each table
/// </code>
/// With <c>apply=transaction</c> the consumer's thread puts whole transactions together before the decoder (<see cref="Transactions.TransactionAssembler"/>); a batch then holds whole ones only.
/// A message is a batch, never a row. A full block makes its predecessor wait, back to the consumer, which then pauses its partitions and still takes part in rebalances.
/// A graph runs once: it is drained or it has failed, and the supervisor builds the next one from the offsets in the target.
/// </remarks>
internal sealed class SinkGraph
{
    private readonly SlabPool _recordSlabs;
    private readonly SlabPool _rowSlabs;
    private readonly BatchPool<ConsumedBatch> _consumedBatches = new(batch => batch.Reset());
    private readonly BatchPool<ChangeBatch> _changeBatches = new(batch => batch.Reset());
    private readonly BufferBlock<ConsumedBatch> _consumed;
    private readonly BufferBlock<ChangeBatch> _decoded;
    private readonly int _mostChanges;
    private readonly Action<IReadOnlyList<ChangeBatch>> _apply;
    private volatile Exception? _failure;

    /// <param name="limits">Capacities and slab size.</param>
    /// <param name="mostChanges">Of one transaction.</param>
    /// <param name="decode">Fills changes from records.</param>
    /// <param name="apply">Applies batches in one transaction.</param>
    public SinkGraph(SinkLimits limits, int mostChanges, Action<ConsumedBatch, ChangeBatch> decode, Action<IReadOnlyList<ChangeBatch>> apply)
    {
        _mostChanges = mostChanges;
        _apply = apply;
        _recordSlabs = new SlabPool("records", limits.SlabBytes, SinkLimits.RecordSlabs);
        _rowSlabs = new SlabPool("rows", limits.SlabBytes, SinkLimits.RowSlabs);
        _consumed = new BufferBlock<ConsumedBatch>(Stage.Bounded(SinkLimits.ConsumedBatches));
        var decoding = new TransformBlock<ConsumedBatch, ChangeBatch>(Stage.Guard<ConsumedBatch, ChangeBatch>("decoder", consumed => Decode(consumed, decode)), Stage.Bounded(SinkLimits.DecoderBatches));
        _decoded = new BufferBlock<ChangeBatch>(Stage.Bounded(SinkLimits.DecodedBatches));
        var applying = new ActionBlock<ChangeBatch>(Stage.Guard<ChangeBatch>("applier", BuildAndApply), Stage.Bounded(1));
        _consumed.LinkTo(decoding, Stage.Link);
        decoding.LinkTo(_decoded, Stage.Link);
        _decoded.LinkTo(applying, Stage.Link);
        Task[] blocks = [_consumed.Completion, decoding.Completion, _decoded.Completion, applying.Completion];
        foreach (var block in blocks)
        {
            _ = block.ContinueWith(ended => Fail(ended.Exception!.GetBaseException()), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        Completion = Task.WhenAll(blocks);
    }

    public Task Completion { get; }

    /// <summary>The error that ended the graph, or null.</summary>
    public Exception? Failure => _failure;

    /// <summary>Slabs that are out.</summary>
    public int OutstandingSlabs => _recordSlabs.Outstanding + _rowSlabs.Outstanding;

    /// <summary>A batch to fill, or null while all slabs are out.</summary>
    public ConsumedBatch? TryRent()
    {
        if (_failure is not null || _recordSlabs.Outstanding >= _recordSlabs.Count)
        {
            return null;
        }

        var batch = _consumedBatches.Rent();
        batch.Slab = _recordSlabs.Rent("consumer");
        return batch;
    }

    /// <summary>Gives an empty batch back.</summary>
    public void Return(ConsumedBatch batch)
    {
        batch.ReturnSlab();
        _consumedBatches.Return(batch);
    }

    /// <summary>False while the first block is full.</summary>
    public bool TrySend(ConsumedBatch batch) => _consumed.Post(batch);

    /// <summary>No batch follows: waits until all that is on its way is applied. A stage that hangs in a dead connection is left alone when the time is over.</summary>
    /// <param name="timeoutMs">How long, milliseconds.</param>
    /// <returns>False if the time was over before.</returns>
    /// <exception cref="Exception">The one that ended the graph.</exception>
    public async Task<bool> EndAsync(int timeoutMs)
    {
        _consumed.Complete();
        var ended = await Task.WhenAny(Completion, Task.Delay(timeoutMs)).ConfigureAwait(false);
        if (_failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return ended == Completion;
    }

    /// <summary>Ends the run with an error. The first one wins.</summary>
    public void Fail(Exception error)
    {
        // These two only say that some other stage has failed.
        if (error is not (PoolClosedException or GraphStoppedException))
        {
            Interlocked.CompareExchange(ref _failure, error, null);
        }

        _recordSlabs.Close();
        _rowSlabs.Close();
        _consumed.Complete();
    }

    private ChangeBatch Decode(ConsumedBatch consumed, Action<ConsumedBatch, ChangeBatch> decode)
    {
        var changes = _changeBatches.Rent();
        changes.Slab = _rowSlabs.Rent("decoder");
        changes.Source = consumed;
        decode(consumed, changes);
        return changes;
    }

    // While a transaction runs, batches gather behind it: the next one takes them together, so that transactions grow with the load and are short without it.
    private void BuildAndApply(ChangeBatch first)
    {
        var batches = new List<ChangeBatch>(SinkLimits.AppliedBatches) { first };
        int changes = first.Count;
        while (batches.Count < SinkLimits.AppliedBatches && changes < _mostChanges && _decoded.TryReceive(out var next))
        {
            batches.Add(next);
            changes += next.Count;
        }

        _apply(batches);
        foreach (var batch in batches)
        {
            Return((ConsumedBatch)batch.Source!);
            batch.ReturnSlab();
            _changeBatches.Return(batch);
        }
    }
}
