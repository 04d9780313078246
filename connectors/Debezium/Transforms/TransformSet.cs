namespace Penstock.Debezium.Transforms;

/// <summary>A transform in its place in the chain.</summary>
/// <param name="Alias">The user's name for it.</param>
/// <param name="Transform">Its options.</param>
/// <param name="Predicate">Which records it is for; null for all.</param>
/// <param name="Negate">For the others instead.</param>
internal sealed record TransformLink(string Alias, Transform Transform, RecordPredicate? Predicate, bool Negate)
{
    /// <summary>Whether it takes the rows of a topic; null where that depends on more than the topic.</summary>
    public bool? Takes(string topic, IReadOnlyCollection<string>? columns) => Predicate is null ? true : Predicate.OnRows(topic, columns) is { } holds ? holds != Negate : null;
}

/// <summary>
/// The transforms of a pipeline (section 1.10), in the order of the list: a chain as in Kafka Connect. What a stage sees is what the stages before it left, so another order gives what Debezium
/// gives in that order.
/// </summary>
public sealed record TransformSet
{
    private static readonly (string Name, Func<TransformOptions, Transform> Read)[] Types =
    [
        ("DecodeLogicalDecodingMessageContent", DecodedMessages.Read),
        ("TimezoneConverter", ZoneConversion.Read),
        ("ExtractChangedRecordState", ChangedHeaders.Read),
        ("ByLogicalTableRouter", LogicalRouting.Read),
        ("PartitionRouting", PartitionFields.Read),
        ("EventRouter", OutboxEvents.Read),
        ("ExtractNewRecordState", FlatRows.Read),
        ("Filter", RowFilter.Read),
        ("ContentBasedRouter", ContentRouting.Read),
    ];

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["decode"] = "DecodeLogicalDecodingMessageContent",
        ["timezone"] = "TimezoneConverter",
        ["changes"] = "ExtractChangedRecordState",
        ["router"] = "ByLogicalTableRouter",
        ["route"] = "ByLogicalTableRouter",
        ["ToLogicalTopicRouter"] = "ByLogicalTableRouter",
        ["partition"] = "PartitionRouting",
        ["outbox"] = "EventRouter",
        ["unwrap"] = "ExtractNewRecordState",
        ["filter"] = "Filter",
        ["content"] = "ContentBasedRouter",
    };

    /// <summary>Every option that a transform has, by Kafka Connect's name without alias.</summary>
    public static IReadOnlyList<string> OptionNames { get; } =
    [
        "type", "predicate", "negate",
        "add.fields", "add.fields.prefix", "add.headers", "add.headers.prefix", "delete.tombstone.handling.mode", "route.by.field", "replace.null.with.default",
        "drop.fields.header.name", "drop.fields.from.key", "drop.fields.keep.schema.compatible",
        "table.op.invalid.behavior", "table.field.event.id", "table.field.event.key", "table.field.event.type", "table.field.event.timestamp", "table.field.event.payload",
        "table.field.event.schema.version", "table.fields.additional.placement", "table.field.additional.missing", "route.topic.regex", "route.topic.replacement",
        "route.tombstone.on.empty.payload", "table.expand.json.payload", "table.json.payload.null.behavior", "table.json.payload.empty.array.behavior",
        "topic.regex", "topic.replacement", "key.enforce.uniqueness", "key.field.name", "key.field.regex", "key.field.replacement", "schema.name.adjustment.mode", "logical.table.cache.size",
        "partition.payload.fields", "partition.topic.num", "partition.hash.function",
        "header.changed.name", "header.unchanged.name",
        "converted.timezone", "include.list", "exclude.list",
        "fields.null.include",
        "condition", "topic.expression", "language", "null.handling.mode",
    ];

    /// <summary>Every option that a predicate has, likewise.</summary>
    public static IReadOnlyList<string> PredicateOptionNames { get; } = ["type", "pattern", "name"];

    public static TransformSet None { get; } = new();

    /// <summary>What is not wrong, but may not be what was meant.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>Whether a transform leaves something else than an envelope.</summary>
    public bool Flattens => Links.Any(l => l.Transform is FlatRows or OutboxEvents);

    internal IReadOnlyList<TransformLink> Links { get; private init; } = [];

    /// <summary>Reads <c>transforms=a,b</c>, <c>transforms.a.option=value</c>, <c>predicates=p</c> and <c>predicates.p.option=value</c>; the names are those of Kafka Connect.</summary>
    /// <param name="properties">All properties; others are passed over.</param>
    /// <exception cref="FormatException">Names the property, and says what is wrong with it.</exception>
    public static TransformSet Parse(IReadOnlyDictionary<string, string> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        string[] aliases = Listed("transforms", "transform", properties);
        var predicates = Listed("predicates", "predicate", properties).ToDictionary(alias => alias, alias => RecordPredicate.Read(alias, properties), StringComparer.Ordinal);
        var links = new List<TransformLink>();
        foreach (string alias in aliases)
        {
            var options = new TransformOptions("transforms", alias, properties);
            var read = TypeOf(alias, options);
            string? predicate = options.Text("predicate");
            bool negate = options.Flag("negate", false);
            links.Add(new TransformLink(alias, read(options), PredicateOf(predicate, negate, predicates, options), negate));
            options.EnsureAllRead();
        }

        return links.Count == 0 ? None : new TransformSet { Links = ChainRules.Complete(links), Warnings = ChainRules.Warnings(links) };
    }

    private static string[] Listed(string kind, string one, IReadOnlyDictionary<string, string> properties)
    {
        string[] aliases = properties.GetValueOrDefault(kind)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (properties.Keys.FirstOrDefault(k => k.StartsWith(kind + ".", StringComparison.Ordinal) && !aliases.Contains(k.Split('.')[1])) is { } stray)
        {
            throw new FormatException($"{stray} belongs to no {one} of the list; {kind} lists '{string.Join(',', aliases)}'");
        }

        return aliases.Distinct(StringComparer.Ordinal).Count() == aliases.Length
            ? aliases
            : throw new FormatException($"{kind} lists a name twice: '{string.Join(',', aliases)}'; a second {one} of a type needs a name of its own");
    }

    private static RecordPredicate? PredicateOf(string? name, bool negate, Dictionary<string, RecordPredicate> predicates, TransformOptions options)
    {
        if (name is null)
        {
            return negate ? throw options.Wrong("negate", "has no effect without a predicate") : null;
        }

        return predicates.GetValueOrDefault(name) ?? throw options.Wrong("predicate", $"names {name}, and predicates lists '{string.Join(',', predicates.Keys)}'");
    }

    private static Func<TransformOptions, Transform> TypeOf(string alias, TransformOptions options)
    {
        string named = options.Text("type") ?? alias;
        string type = named[(named.LastIndexOf('.') + 1)..];
        type = Aliases.GetValueOrDefault(type, type);
        return Array.Find(Types, t => t.Name == type).Read
            ?? throw options.Wrong("type:", $"there is no transform '{named}'; there are {string.Join(", ", Types.Select(t => t.Name))} and their short names {string.Join(", ", Aliases.Keys)}");
    }
}
