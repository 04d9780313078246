namespace Penstock.Engine.Commands;

/// <summary>Which tables <c>snapshot</c> wants to be read again.</summary>
/// <param name="Tables"><c>schema.table</c> each, as the database writes them.</param>
/// <param name="Filter">Condition in SQL that rows have to fulfil; of one table only.</param>
/// <param name="IsBlocking">As of one moment, while streaming waits; else in chunks beside it.</param>
/// <param name="IsStop">The tables are to be read no further; all of them where none is named.</param>
public sealed record SnapshotAsked(IReadOnlyList<string> Tables, string? Filter, bool IsBlocking, bool IsStop);
