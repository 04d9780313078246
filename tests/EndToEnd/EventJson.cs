using System.Text.Json;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>A record's value as JSON, for assertions.</summary>
internal static class EventJson
{
    public static JsonElement Json(this TopicRecord record) => JsonDocument.Parse(record.Value!).RootElement.Clone();

    public static string Operation(this TopicRecord record) => record.Value is null ? "tombstone" : record.Json().GetProperty("op").GetString()!;

    public static string Snapshot(this TopicRecord record) => record.Json().GetProperty("source").GetProperty("snapshot").GetString()!;
}
