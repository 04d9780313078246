namespace Penstock.Demo;

/// <summary>The command line.</summary>
/// <param name="Seconds">How long to shop; null: until Ctrl-C.</param>
/// <param name="RowsPerSecond">The rate to aim at.</param>
/// <param name="Embedded">The mock cluster even where a real Kafka is there.</param>
internal sealed record DemoOptions(int? Seconds, int RowsPerSecond, bool Embedded);
