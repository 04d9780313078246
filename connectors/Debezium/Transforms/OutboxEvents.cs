using System.Text.RegularExpressions;

namespace Penstock.Debezium.Transforms;

/// <summary>Where a further column of an outbox row goes.</summary>
internal enum OutboxPlacement
{
    Header,
    Envelope,
    Partition,
}

/// <summary>Options of the outbox EventRouter.</summary>
internal sealed class OutboxEvents : Transform
{
    private readonly Regex _topic;
    private readonly string _topicReplacement;

    private OutboxEvents(TransformOptions options)
    {
        FailOnUpdate = options.Text("table.op.invalid.behavior", "warn") switch
        {
            "warn" or "error" => false,
            "fatal" => true,
            _ => throw options.Wrong("table.op.invalid.behavior", "is none of warn, error, fatal"),
        };
        Id = options.Text("table.field.event.id", "id");
        Key = options.Text("table.field.event.key", "aggregateid");
        Payload = options.Text("table.field.event.payload", "payload");
        Timestamp = options.Text("table.field.event.timestamp");
        Version = options.Text("table.field.event.schema.version");
        RouteBy = options.Text("route.by.field", "aggregatetype");
        // Names the column of the event's type for readers of the options; Debezium does not look at it.
        options.Text("table.field.event.type");
        _topic = options.Pattern("route.topic.regex") ?? new Regex("^(?<routedByValue>.*)$");
        _topicReplacement = JavaReplacement.ToNet(options.Text("route.topic.replacement", "outbox.event.${routedByValue}"));
        TombstoneOnEmpty = options.Flag("route.tombstone.on.empty.payload", false);
        Expand = options.Flag("table.expand.json.payload", false);
        Expansion = new JsonExpansion(
            Choice(options, "table.json.payload.null.behavior", "optional_bytes"), Choice(options, "table.json.payload.empty.array.behavior", "optional_string"));
        IgnoreMissing = options.Text("table.field.additional.missing", "error") switch
        {
            "error" => false,
            "ignore" => true,
            _ => throw options.Wrong("table.field.additional.missing", "is neither error nor ignore"),
        };
        Additional = [.. options.List("table.fields.additional.placement").Select(text => Placed(text, options))];
    }

    public bool FailOnUpdate { get; }
    public string Id { get; }
    public string Key { get; }
    public string Payload { get; }
    public string? Timestamp { get; }
    public string? Version { get; }
    public string RouteBy { get; }
    public bool TombstoneOnEmpty { get; }
    public bool Expand { get; }
    public JsonExpansion Expansion { get; }
    public bool IgnoreMissing { get; }

    /// <summary><c>table.fields.additional.placement</c>, in its order.</summary>
    public (string Column, OutboxPlacement Placement, string Name)[] Additional { get; }

    /// <summary>The columns without which a row is no outbox row.</summary>
    public string[] NeededColumns => [Id, Key, Payload, RouteBy];

    public static OutboxEvents Read(TransformOptions options) => new(options);

    public override TransformStage Open(StageTools tools) => new OutboxStage(this, tools);

    /// <summary>The topic for a value of the routing column.</summary>
    public string Topic(string value) => _topic.IsMatch(value) ? _topic.Replace(value, _topicReplacement, 1) : value;

    private static bool Choice(TransformOptions options, string name, string keep)
    {
        string text = options.Text(name, "ignore");
        return text == keep || (text == "ignore" ? false : throw options.Wrong(name, $"is neither ignore nor {keep}"));
    }

    private static (string Column, OutboxPlacement Placement, string Name) Placed(string text, TransformOptions options)
    {
        string[] parts = text.Split(':', StringSplitOptions.TrimEntries);
        return parts.Length is 2 or 3 && Enum.TryParse(parts[1], ignoreCase: true, out OutboxPlacement placement)
            ? (parts[0], placement, parts[^1] is var name && parts.Length == 3 ? name : parts[0])
            : throw options.Wrong("table.fields.additional.placement", $"has {text}, which is not column:header, column:envelope or column:partition, with :name behind at will");
    }
}
