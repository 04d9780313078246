using System.Text.RegularExpressions;

namespace Penstock.Debezium.Transforms;

/// <summary>
/// ByLogicalTableRouter: several tables to one topic. Part of a relation's plan: the topic, the names of its schemas and a further key field are known before the first row comes.
/// </summary>
internal sealed class LogicalRouting
{
    private readonly Regex _topic;
    private readonly string _topicReplacement;
    private readonly Regex? _key;
    private readonly string _keyReplacement;

    private LogicalRouting(TransformOptions options)
    {
        _topic = options.Pattern("topic.regex") ?? throw options.Wrong("topic.regex", "is missing: which topics to route");
        _topicReplacement = JavaReplacement.ToNet(options.Text("topic.replacement") ?? throw options.Wrong("topic.replacement", "is missing: where to route them"));
        _key = options.Pattern("key.field.regex");
        _keyReplacement = JavaReplacement.ToNet(options.Text("key.field.replacement", ""));
        KeyField = options.Flag("key.enforce.uniqueness", true) ? options.Text("key.field.name", "__dbz__physicalTableIdentifier") : null;
        // Sizes a cache that a plan made once does not need.
        options.Text("logical.table.cache.size");
        if (options.Text("schema.name.adjustment.mode", "none") != "none")
        {
            throw options.Wrong("schema.name.adjustment.mode", "is not supported here: names are adjusted as the connector's own option of that name says");
        }
    }

    /// <summary>Name of the key field that tells the tables apart, null for none.</summary>
    public string? KeyField { get; }

    public static LogicalRouting Read(TransformOptions options) => new(options);

    /// <summary>The topic that takes a topic's records, null where they stay.</summary>
    public string? Topic(string topic) => _topic.IsMatch(topic) && _topic.Replace(topic, _topicReplacement, 1) is { Length: > 0 } routed ? routed : null;

    /// <summary>What the key field says for a topic.</summary>
    public string KeyValue(string topic) => _key is not null && _key.IsMatch(topic) ? _key.Replace(topic, _keyReplacement, 1) : topic;
}
