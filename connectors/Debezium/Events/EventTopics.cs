namespace Penstock.Debezium.Events;

/// <summary>Topic names without a decoder: for checks before anything is decoded (section 2.1).</summary>
public static class EventTopics
{
    /// <summary>The topic of a table's events.</summary>
    public static string Table(EventFormat format, string schema, string table) => new TopicNames(format).Table(schema, table);

    /// <summary>The topic of transactions' beginnings and ends.</summary>
    public static string Transaction(EventFormat format) => new TopicNames(format).Transaction();

    /// <summary>The topic of heartbeats.</summary>
    public static string Heartbeat(EventFormat format) => new TopicNames(format).Heartbeat();
}
