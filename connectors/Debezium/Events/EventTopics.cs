using Penstock.Debezium.Transforms;

namespace Penstock.Debezium.Events;

/// <summary>Topic names without a decoder: for checks before anything is decoded (section 2.1).</summary>
public static class EventTopics
{
    /// <summary>The topic of a table's events.</summary>
    public static string Table(EventFormat format, string schema, string table) => new TopicNames(format).Table(schema, table);

    /// <summary>The topic that takes a table's events once transforms have routed them; null where rows decide.</summary>
    public static string? Destination(EventFormat format, string schema, string table) => ChainRules.Follow(format.Transforms.Links, Table(format, schema, table), null).Topic;

    /// <summary>The topic of transactions' beginnings and ends, routed likewise; null where that is not known before.</summary>
    public static string? Transaction(EventFormat format) => Routed(format, new TopicNames(format).Transaction());

    /// <summary>The topic of heartbeats, routed likewise; null where that is not known before.</summary>
    public static string? Heartbeat(EventFormat format) => Routed(format, UnroutedHeartbeat(format));

    /// <summary>The topic of heartbeats as the connector names it, which also takes gap records: those go through no transform.</summary>
    public static string UnroutedHeartbeat(EventFormat format) => new TopicNames(format).Heartbeat();

    // Of records that are no rows' only the topic is ever changed.
    private static string? Routed(EventFormat format, string topic) =>
        ChainRules.Follow([.. format.Transforms.Links.Where(l => l.Transform is LogicalRouting or ContentRouting)], topic, null).Topic;
}
