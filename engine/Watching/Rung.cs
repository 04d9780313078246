namespace Penstock.Engine.Watching;

/// <summary>How far one part of the pipeline is in the source's log.</summary>
/// <param name="Name">Which part, in one word.</param>
/// <param name="Position">Where, as the source writes positions; "" where it is not known.</param>
/// <param name="BehindBytes">From there to the log's end; null where it is not known.</param>
/// <param name="BehindSeconds">How long ago the log ended there; null where it is not known.</param>
public readonly record struct Rung(string Name, string Position, long? BehindBytes, double? BehindSeconds);
