using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;

namespace Penstock.Debezium.Events;

/// <summary>Heartbeat records (section 2.5), always to partition 0 as Debezium sends them.</summary>
internal sealed class HeartbeatRecords(EventFormat format, RecordAssembler records, EnvelopeClock clock, Func<int> findTopic, ShapedRecords? shaped)
{
    private readonly KeyShape _key = new(EventSchemas.HeartbeatKey, [], "", format.KeySchemas);

    private readonly byte[] _server = JsonLiteral.Bytes($"{{\"serverName\":{JsonLiteral.Quote(format.TopicPrefix)}");

    private readonly byte[] _valueOpen = RelationPlanner.PayloadOpen(format.ValueSchemas, EventSchemas.HeartbeatValue, "{\"ts_ms\":");

    private int _topic = -1;

    public void Write()
    {
        _topic = _topic < 0 ? findTopic() : _topic;
        var change = RowChange.OfNoTable((byte)'h', records.Position, counted: false);
        if (shaped is not null && !shaped.Begin(_topic, _key, change))
        {
            return;
        }

        var key = shaped?.Key ?? _key;
        records.Begin();
        var output = records.Output;
        output.Write(key.Open);
        output.Write(_server);
        output.Write(key.Close);
        records.EndKey();
        if (shaped is { NullsOthers: true })
        {
            records.NullValue();
        }
        else
        {
            output.Write(_valueOpen);
            JsonNumber.Write(clock.Ms, output);
            output.Write(format.ValueSchemas ? "}}"u8 : "}"u8);
            records.EndValue();
        }

        shaped?.WriteHeaders(change);
        ref var record = ref records.Finish(_topic, -1, (byte)'h', records.Position, 0);
        record.Partition = 0;
        shaped?.Direct(ref record);
    }
}
