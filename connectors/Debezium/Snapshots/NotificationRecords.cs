using Penstock.Debezium.Events;
using Penstock.Debezium.Schemas;
using Penstock.Debezium.Values;

namespace Penstock.Debezium.Snapshots;

/// <summary>Writes notifications to their topic, without headers (captures A1, 21f).</summary>
internal sealed class NotificationRecords(EventFormat format, RecordAssembler records, NotificationQueue queue, int topic)
{
    private static readonly SchemaNode Key = new()
    {
        Type = "struct",
        Name = "io.debezium.connector.common.NotificationKey",
        Version = 1,
        Fields = [Text("id")],
    };

    private static readonly SchemaNode Value = new()
    {
        Type = "struct",
        Name = "io.debezium.connector.common.Notification",
        Version = 1,
        Fields =
        [
            Text("id"), Text("type"), Text("aggregate_type"),
            new SchemaNode { Type = "map", Keys = new SchemaNode { Type = "string" }, Values = new SchemaNode { Type = "string" }, Optional = true, Field = "additional_data" },
            new SchemaNode { Type = "int64", Field = "timestamp" },
        ],
    };

    private readonly byte[] _keyOpen = RelationPlanner.PayloadOpen(format.KeySchemas, Key, "{\"id\":");
    private readonly byte[] _valueOpen = RelationPlanner.PayloadOpen(format.ValueSchemas, Value, "{\"id\":");

    /// <summary>Writes those that wait.</summary>
    public void Write()
    {
        while (queue.TryTake(out var notification))
        {
            Write(notification!);
        }
    }

    private void Write(Notification notification)
    {
        records.Begin();
        var output = records.Output;
        output.Write(_keyOpen);
        output.Write(JsonLiteral.Bytes(JsonLiteral.Quote(notification.Id)));
        output.Write(format.KeySchemas ? "}}"u8 : "}"u8);
        records.EndKey();
        output.Write(_valueOpen);
        string data = string.Join(',', notification.Data.Select(entry => $"{JsonLiteral.Quote(entry.Name)}:{JsonLiteral.Quote(entry.Value)}"));
        output.Write(JsonLiteral.Bytes(
            $"{JsonLiteral.Quote(notification.Id)},\"type\":{JsonLiteral.Quote(notification.Type)},\"aggregate_type\":{JsonLiteral.Quote(notification.Aggregate)},\"additional_data\":{{{data}}},\"timestamp\":"));
        JsonNumber.Write(notification.TimestampMs, output);
        output.Write(format.ValueSchemas ? "}}"u8 : "}"u8);
        records.EndValue();
        records.Finish(topic, -1, (byte)'n', records.Position, 0);
    }

    private static SchemaNode Text(string field) => new() { Type = "string", Field = field };
}
