using Penstock.Debezium.Values;
using Penstock.Postgres.State;

namespace Penstock.Debezium.Events;

/// <summary>
/// The record that says in the topics themselves that changes are missing: this product's own, where Debezium goes on in silence. Its key is a heartbeat's; to partition 0.
/// </summary>
internal sealed class GapRecords(EventFormat format, RecordAssembler records, EnvelopeClock clock, Func<int> findTopic)
{
    /// <summary>Writes one, behind everything before the gap.</summary>
    public void Write(SlotGap gap)
    {
        records.Begin();
        var output = records.Output;
        output.Write(RelationPlanner.PayloadOpen(format.KeySchemas, EventSchemas.HeartbeatKey, $"{{\"serverName\":{JsonLiteral.Quote(format.TopicPrefix)}}}"));
        output.Write(format.KeySchemas ? "}"u8 : default);
        records.EndKey();
        output.Write(RelationPlanner.PayloadOpen(format.ValueSchemas, EventSchemas.GapValue, "{\"ts_ms\":"));
        JsonNumber.Write(clock.Ms, output);
        output.Write(JsonLiteral.Bytes($",\"gap\":{{\"kind\":{JsonLiteral.Quote(gap.KindName)},\"slot\":{JsonLiteral.Quote(gap.SlotName)},\"from_lsn\":{gap.FromLsn},\"to_lsn\":{gap.ToLsn},\"description\":{JsonLiteral.Quote(gap.Description)}}}"));
        output.Write(format.ValueSchemas ? "}}"u8 : "}"u8);
        records.EndValue();
        records.Finish(findTopic(), -1, (byte)'g', records.Position, 0).Partition = 0;
    }
}
