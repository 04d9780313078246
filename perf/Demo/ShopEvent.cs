using System.Text.Json;
using Penstock.Servers;

namespace Penstock.Demo;

/// <summary>A Debezium event of the shop: its key, operation and row.</summary>
internal sealed record ShopEvent(ShopTable Table, long Key, char Operation, JsonElement After, long CommittedAtMicroseconds)
{
    /// <summary>False for a tombstone. <see cref="ServerException"/> if the record is neither that nor an event of the shop.</summary>
    public static bool TryParse(TopicRecord record, out ShopEvent? parsed)
    {
        parsed = null;
        if (record.Value is null)
        {
            return false;
        }
        try
        {
            using JsonDocument key = JsonDocument.Parse(record.Key ?? []);
            using JsonDocument value = JsonDocument.Parse(record.Value);
            JsonElement source = value.RootElement.GetProperty("source");
            string table = source.GetProperty("table").GetString() ?? "";
            long committed = source.TryGetProperty("ts_us", out JsonElement us) ? us.GetInt64() : source.GetProperty("ts_ms").GetInt64() * 1_000;
            parsed = new ShopEvent(
                Shop.Tables.Single(t => t.Name == table), key.RootElement.GetProperty("id").GetInt64(), (value.RootElement.GetProperty("op").GetString() ?? "?")[0],
                value.RootElement.GetProperty("after").Clone(), committed);
            return true;
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ServerException($"{record.Topic}-{record.Partition} offset {record.Offset} is no event of the shop: {malformed.Message}", malformed);
        }
    }
}
