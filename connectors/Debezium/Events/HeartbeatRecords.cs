using Penstock.Debezium.Values;

namespace Penstock.Debezium.Events;

/// <summary>Heartbeat records (section 2.5), always to partition 0 as Debezium sends them.</summary>
internal sealed class HeartbeatRecords(EventFormat format, RecordAssembler records, EnvelopeClock clock, Func<int> findTopic)
{
    private readonly byte[] _key =
    [
        .. RelationPlanner.PayloadOpen(format.KeySchemas, EventSchemas.HeartbeatKey, $"{{\"serverName\":{JsonLiteral.Quote(format.TopicPrefix)}}}"),
        .. format.KeySchemas ? "}"u8 : [],
    ];

    private readonly byte[] _valueOpen = RelationPlanner.PayloadOpen(format.ValueSchemas, EventSchemas.HeartbeatValue, "{\"ts_ms\":");

    private int _topic = -1;

    public void Write()
    {
        _topic = _topic < 0 ? findTopic() : _topic;
        records.Begin();
        var output = records.Output;
        output.Write(_key);
        records.EndKey();
        output.Write(_valueOpen);
        JsonNumber.Write(clock.Ms, output);
        output.Write(format.ValueSchemas ? "}}"u8 : "}"u8);
        records.EndValue();
        records.Finish(_topic, -1, (byte)'h', records.Position, 0).Partition = 0;
    }
}
