using Penstock.Debezium.Schemas;

namespace Penstock.Debezium.Values;

/// <summary>Schemas of dates and times: a primitive with a name, version 1.</summary>
internal static class TemporalSchema
{
    public static SchemaNode Debezium(string type, string name) => new() { Type = type, Name = "io.debezium.time." + name, Version = 1 };

    public static SchemaNode Connect(string type, string name) => new() { Type = type, Name = "org.apache.kafka.connect.data." + name, Version = 1 };
}
