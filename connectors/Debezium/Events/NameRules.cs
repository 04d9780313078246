namespace Penstock.Debezium.Events;

/// <summary>Options that shape the names of topics, schemas and fields (sections 1.6 and 2.1).</summary>
public sealed record NameRules
{
    /// <summary><c>topic.delimiter</c>.</summary>
    public string TopicDelimiter { get; init; } = ".";

    /// <summary><c>topic.transaction</c>: last part of the transaction topic's name.</summary>
    public string TransactionTopic { get; init; } = "transaction";

    /// <summary><c>topic.heartbeat.prefix</c>.</summary>
    public string HeartbeatPrefix { get; init; } = "__debezium-heartbeat";

    /// <summary><c>topic.heartbeat.name</c>: the whole name, null for prefix + topic prefix.</summary>
    public string? HeartbeatTopic { get; init; }

    /// <summary><c>schema.name.adjustment.mode</c>.</summary>
    public NameAdjustment SchemaNames { get; init; }

    /// <summary><c>field.name.adjustment.mode</c>.</summary>
    public NameAdjustment FieldNames { get; init; }

    /// <summary><c>topic.naming.strategy</c>.</summary>
    public TopicNaming Strategy { get; init; }

    /// <summary><c>topic.regex</c> of <see cref="TopicNaming.Regex"/> and <see cref="TopicNaming.SchemaRegex"/>: matches whole names, as they are spelt.</summary>
    public string TopicRegex { get; init; } = "";

    /// <summary><c>topic.replacement</c>.</summary>
    public string TopicReplacement { get; init; } = "";

    /// <summary><c>topic.key.field.name</c>: what keys have beside their columns; null where <c>topic.key.enforce.uniqueness</c> is off.</summary>
    public string? TopicKeyField { get; init; } = "__dbz__physicalTableIdentifier";

    /// <summary><c>topic.key.field.regex</c>: names of which that field has another text; null for none.</summary>
    public string? TopicKeyRegex { get; init; }

    /// <summary><c>topic.key.field.replacement</c>.</summary>
    public string TopicKeyReplacement { get; init; } = "";
}

/// <summary>How characters that Avro does not allow in a name are written.</summary>
public enum NameAdjustment
{
    /// <summary>As they are.</summary>
    None,

    /// <summary>As <c>_</c>.</summary>
    Avro,

    /// <summary>As <c>_u</c> and the code unit in hexadecimal; the underscore itself too.</summary>
    AvroUnicode,
}

/// <summary>Debezium's topic naming strategies, by class name.</summary>
public enum TopicNaming
{
    /// <summary><c>SchemaTopicNamingStrategy</c>: prefix, schema, table.</summary>
    Schema,

    /// <summary><c>DefaultTopicNamingStrategy</c>: prefix, table.</summary>
    Default,

    /// <summary><c>DefaultRegexTopicNamingStrategy</c>.</summary>
    Regex,

    /// <summary><c>SchemaRegexTopicNamingStrategy</c>.</summary>
    SchemaRegex,

    /// <summary><c>SchemaUnicodeTopicNamingStrategy</c>.</summary>
    SchemaUnicode,

    /// <summary><c>DefaultUnicodeTopicNamingStrategy</c>.</summary>
    DefaultUnicode,
}
