using System.Text.RegularExpressions;
using Penstock.Debezium.Events;

namespace Penstock.Debezium.Transforms;

/// <summary>Options of ByLogicalTableRouter: several tables to one topic.</summary>
internal sealed class LogicalRouting : Transform
{
    private readonly Regex _topic;
    private readonly string _topicReplacement;
    private readonly Regex? _key;
    private readonly string _keyReplacement;
    private readonly NameAdjustment _schemaNames;

    private LogicalRouting(TransformOptions options)
    {
        _topic = options.Pattern("topic.regex") ?? throw options.Wrong("topic.regex", "is missing: which topics to route");
        _topicReplacement = JavaReplacement.ToNet(options.Text("topic.replacement") ?? throw options.Wrong("topic.replacement", "is missing: where to route them"));
        _key = options.Pattern("key.field.regex");
        string? replacement = options.Text("key.field.replacement");
        if (_key is not null && replacement is null)
        {
            throw options.Wrong("key.field.replacement", "is missing: what key.field.regex makes of a topic's name");
        }

        _keyReplacement = JavaReplacement.ToNet(replacement ?? "");
        KeyField = options.Flag("key.enforce.uniqueness", true) ? options.Text("key.field.name", "__dbz__physicalTableIdentifier") : null;
        // Sizes a cache that is not bounded here: it has one entry for each table.
        options.Text("logical.table.cache.size");
        _schemaNames = options.Text("schema.name.adjustment.mode", "none") switch
        {
            "none" => NameAdjustment.None,
            "avro" => NameAdjustment.Avro,
            "avro_unicode" => NameAdjustment.AvroUnicode,
            _ => throw options.Wrong("schema.name.adjustment.mode", "is none of none, avro, avro_unicode"),
        };
    }

    /// <summary>Name of the key field that tells the tables apart, null for none.</summary>
    public string? KeyField { get; }

    public static LogicalRouting Read(TransformOptions options) => new(options);

    public override TransformStage Open(StageTools tools) => new LogicalRoutingStage(this, tools);

    /// <summary>The topic that takes a topic's records, null where they stay.</summary>
    public string? Topic(string topic) => _topic.IsMatch(topic) && _topic.Replace(topic, _topicReplacement, 1) is { Length: > 0 } routed ? routed : null;

    /// <summary>What the key field says for a topic.</summary>
    public string KeyValue(string topic) => _key is not null && _key.IsMatch(topic) ? _key.Replace(topic, _keyReplacement, 1) : topic;

    /// <summary>A schema's name as this transform writes it; the connector's own adjustment does not reach it.</summary>
    public string SchemaName(string name) => TopicNames.Adjust(name, _schemaNames, dotAllowed: true);
}

/// <summary>ByLogicalTableRouter at work: what it makes of a topic, a key and an envelope is made once for each of them.</summary>
internal sealed class LogicalRoutingStage(LogicalRouting options, StageTools tools) : TransformStage
{
    private const int Unknown = -2;
    private const int Stays = -1;

    private readonly Dictionary<(KeyShape, int), KeyShape> _keys = [];
    private readonly Dictionary<(EnvelopeShape, int), EnvelopeShape> _envelopes = [];
    private int[] _topics = [];

    public override bool Apply(RecordDraft draft, scoped in RowChange change)
    {
        int from = draft.Topic;
        int to = Topic(from);
        if (to == Stays)
        {
            return true;
        }

        if (draft.Key is { } key)
        {
            if (!_keys.TryGetValue((key, from), out var routed))
            {
                routed = key.Routed(options.SchemaName($"{tools.Topics.Name(to)}.Key"), options.KeyField, options.KeyValue(tools.Topics.Name(from)));
                _keys.Add((key, from), routed);
            }

            draft.Key = routed;
        }

        if (draft.Form == ValueForm.Envelope)
        {
            draft.Envelope = Envelope(draft.Envelope!, to);
        }

        draft.Topic = to;
        return true;
    }

    private EnvelopeShape Envelope(EnvelopeShape envelope, int to)
    {
        if (!_envelopes.TryGetValue((envelope, to), out var routed))
        {
            string topic = tools.Topics.Name(to);
            routed = envelope.Renamed(options.SchemaName($"{topic}.Envelope"), options.SchemaName($"{topic}.Value"));
            _envelopes.Add((envelope, to), routed);
        }

        return routed;
    }

    private int Topic(int from)
    {
        if (from >= _topics.Length)
        {
            int known = _topics.Length;
            Array.Resize(ref _topics, Math.Max(tools.Topics.Count, from + 1));
            _topics.AsSpan(known).Fill(Unknown);
        }

        if (_topics[from] == Unknown)
        {
            _topics[from] = options.Topic(tools.Topics.Name(from)) is { } routed ? tools.Topics.Add(routed) : Stays;
        }

        return _topics[from];
    }
}
