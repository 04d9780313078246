namespace Penstock.Micro.Cases;

/// <summary>One piece of the hot path with its input ready: what the benchmarks time and what the gate counts bytes of.</summary>
internal abstract class MicroCase
{
    /// <summary>Name in the budgets and in the output.</summary>
    public abstract string Name { get; }

    /// <summary>Events (or records, or batches: see <see cref="Unit"/>) that one <see cref="Run"/> handles.</summary>
    public abstract int Operations { get; }

    /// <summary>What is counted: <c>event</c>, <c>record</c>, <c>batch</c>.</summary>
    public abstract string Unit { get; }

    /// <summary>Handles one batch, always the same one. Returns something that depends on the work, so that no compiler leaves it out.</summary>
    public abstract long Run();
}
