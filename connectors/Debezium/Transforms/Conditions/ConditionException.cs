namespace Penstock.Debezium.Transforms.Conditions;

/// <summary>A text that is no expression.</summary>
/// <param name="column">Where, counted from 1.</param>
/// <param name="problem">What is wrong there.</param>
internal sealed class ConditionException(int column, string problem) : Exception($"column {column}: {problem}");
