using System.Text.Json;
using System.Text.Json.Serialization;

namespace Penstock.Kafka.Sizes;

/// <summary>The value of a record in the dead-letter topic: what was too large, not its contents.</summary>
internal sealed record DeadLetter(
    [property: JsonPropertyName("table")] string Table,
    [property: JsonPropertyName("topic")] string Topic,
    [property: JsonPropertyName("op")] string Operation,
    [property: JsonPropertyName("lsn")] string CommitLsn,
    [property: JsonPropertyName("ordinal")] long Ordinal,
    [property: JsonPropertyName("bytes")] long Bytes,
    [property: JsonPropertyName("limit")] int LimitBytes,
    [property: JsonPropertyName("reason")] string Reason)
{
    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web);
}
