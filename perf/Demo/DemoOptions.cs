namespace Penstock.Demo;

/// <summary>The command line.</summary>
/// <param name="Seconds">How long to shop; null: until Ctrl-C.</param>
/// <param name="RowsPerSecond">The rate to aim at.</param>
/// <param name="Embedded">The mock cluster even where a real Kafka is there.</param>
/// <param name="Both">Also a copy in a second database, kept by kafka-to-postgres.</param>
internal sealed record DemoOptions(int? Seconds, int RowsPerSecond, bool Embedded, bool Both);
