namespace Penstock.Debezium.Snapshots;

/// <summary>What a notification record says (section 1.9).</summary>
/// <param name="Id">Id of the signal, or a random one.</param>
/// <param name="Type">STARTED, IN_PROGRESS, ...</param>
/// <param name="Aggregate">Initial Snapshot or Incremental Snapshot.</param>
/// <param name="Data">In the order of Debezium's records, which is that of a Java HashMap (capture 21f).</param>
/// <param name="TimestampMs">When it was made, milliseconds since 1970.</param>
public sealed record Notification(string Id, string Type, string Aggregate, IReadOnlyList<(string Name, string Value)> Data, long TimestampMs);
