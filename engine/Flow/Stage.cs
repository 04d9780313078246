using System.Threading.Tasks.Dataflow;

namespace Penstock.Engine.Flow;

/// <summary>How stages become Dataflow blocks: the two rules that keep a block from losing a batch.</summary>
public static class Stage
{
    /// <summary>
    /// Options of a block that carries positions: bounded, one batch at a time, no reordering, no cancellation token (invariant 2: a token would drop what is queued).
    /// </summary>
    public static ExecutionDataflowBlockOptions Bounded(int capacity) =>
        new() { BoundedCapacity = capacity, MaxDegreeOfParallelism = 1, EnsureOrdered = false };

    /// <summary>
    /// Stages block on purpose (a full block, an empty pool): with the pool's default of one thread a core they would starve each other on two cores.
    /// </summary>
    public static void ReserveThreads()
    {
        const int workers = 16;
        ThreadPool.GetMinThreads(out _, out int completionThreads);
        ThreadPool.SetMinThreads(workers, completionThreads);
    }

    /// <summary>Completion and failure flow downstream with the batches.</summary>
    public static DataflowLinkOptions Link { get; } = new() { PropagateCompletion = true };

    /// <summary>
    /// Wraps a stage's work so that no <see cref="OperationCanceledException"/> leaves it: Dataflow takes one for cancellation and drops the batch without a word.
    /// </summary>
    public static Action<T> Guard<T>(string name, Action<T> work)
    {
        var guarded = Pass(name, work);
        return batch => guarded(batch);
    }

    /// <inheritdoc cref="Guard{T}(string, Action{T})"/>
    public static Func<T, T> Pass<T>(string name, Action<T> work) => Guard<T, T>(name, batch =>
    {
        work(batch);
        return batch;
    });

    /// <inheritdoc cref="Guard{T}(string, Action{T})"/>
    public static Func<TIn, TOut> Guard<TIn, TOut>(string name, Func<TIn, TOut> work) => batch =>
    {
        try
        {
            return work(batch);
        }
        catch (OperationCanceledException canceled)
        {
            throw new StageFailedException(name, canceled);
        }
    };

    /// <summary>Puts a batch into a bounded block, waiting while it is full. This wait is the back-pressure.</summary>
    /// <exception cref="GraphStoppedException">The block has failed or is complete and takes nothing any more.</exception>
    public static void Send<T>(ITargetBlock<T> target, T batch)
    {
        // Post is refused by a full block and by a finished one; SendAsync waits for the first and is false for the second.
        if (!target.Post(batch) && !target.SendAsync(batch).GetAwaiter().GetResult())
        {
            throw new GraphStoppedException();
        }
    }
}

/// <summary>A stage ended in a cancellation that nobody asked for.</summary>
public sealed class StageFailedException(string stage, Exception inner) : Exception($"stage '{stage}' was cancelled", inner);

/// <summary>The graph has failed elsewhere: the stage that sees this one ends quietly.</summary>
public sealed class GraphStoppedException() : Exception("the graph has stopped");
