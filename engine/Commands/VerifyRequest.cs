namespace Penstock.Engine.Commands;

/// <summary>What <c>verify</c> is to compare.</summary>
/// <param name="Table"><c>schema.table</c> in the source.</param>
/// <param name="Target"><c>schema.table</c> in the target.</param>
/// <param name="IsAgainstTable">With the sink's table; else with the topic.</param>
/// <param name="Without">Columns that are not compared.</param>
/// <param name="Listed">So many differing keys are listed at most.</param>
/// <param name="WaitSeconds">So long a row that rests has to differ from the sink's; so long the pipeline is waited for.</param>
public sealed record VerifyRequest(string Table, string Target, bool IsAgainstTable, IReadOnlyList<string> Without, int Listed, int WaitSeconds);
