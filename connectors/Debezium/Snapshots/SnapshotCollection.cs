namespace Penstock.Debezium.Snapshots;

/// <summary>A table that an incremental snapshot has still to read.</summary>
/// <param name="Schema">Schema.</param>
/// <param name="Table">Table.</param>
/// <param name="Condition">SQL that its rows must fulfil, or null.</param>
/// <param name="Surrogate">Column to walk by instead of the key, or null.</param>
public sealed record SnapshotCollection(string Schema, string Table, string? Condition, string? Surrogate)
{
    public string Name => $"{Schema}.{Table}";
}
