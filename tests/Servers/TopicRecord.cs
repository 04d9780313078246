namespace Penstock.Servers;

/// <summary>A record as a consumer sees it. A null value is a tombstone.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Partition">Its partition.</param>
/// <param name="Offset">Its offset in the partition.</param>
/// <param name="Key">The key's bytes, null if it has none.</param>
/// <param name="Value">The value's bytes, null for a tombstone.</param>
/// <param name="Headers">Name and bytes, in the record's order.</param>
/// <param name="Timestamp">The record's own time.</param>
public sealed record TopicRecord(
    string Topic, int Partition, long Offset, byte[]? Key, byte[]? Value, IReadOnlyList<KeyValuePair<string, byte[]>> Headers, DateTimeOffset Timestamp)
{
    /// <summary>The key as UTF-8.</summary>
    public string? KeyText => Key is null ? null : System.Text.Encoding.UTF8.GetString(Key);

    /// <summary>The value as UTF-8.</summary>
    public string? ValueText => Value is null ? null : System.Text.Encoding.UTF8.GetString(Value);
}
