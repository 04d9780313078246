namespace Penstock.Engine.Buffers;

/// <summary>The graph is being torn down: a stage that waits for a slab ends here. Not a failure of its own.</summary>
public sealed class PoolClosedException(string pool) : Exception($"slab pool '{pool}' is closed");
