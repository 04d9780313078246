namespace Penstock.Debezium.Transforms;

/// <summary>
/// The transforms of a pipeline (section 1.10). They are no chain of steps over finished records: each shapes what the decoder writes, and the order that
/// they take effect in is fixed: decoded messages, zones, changed columns, logical topic, partition, and then either the flat row or the outbox event.
/// </summary>
public sealed record TransformSet
{
    private static readonly (string Name, int Rank)[] Types =
    [
        ("DecodeLogicalDecodingMessageContent", 0), ("TimezoneConverter", 1), ("ExtractChangedRecordState", 2), ("ByLogicalTableRouter", 3), ("PartitionRouting", 4), ("EventRouter", 5),
        ("ExtractNewRecordState", 5),
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
    };

    /// <summary>Every option that a transform has, by Kafka Connect's name without alias.</summary>
    public static IReadOnlyList<string> OptionNames { get; } =
    [
        "type",
        "add.fields", "add.fields.prefix", "add.headers", "add.headers.prefix", "delete.tombstone.handling.mode", "route.by.field", "replace.null.with.default", "drop.fields.header.name",
        "table.op.invalid.behavior", "table.field.event.id", "table.field.event.key", "table.field.event.type", "table.field.event.timestamp", "table.field.event.payload",
        "table.field.event.schema.version", "table.fields.additional.placement", "table.field.additional.missing", "route.topic.regex", "route.topic.replacement",
        "route.tombstone.on.empty.payload", "table.expand.json.payload", "table.json.payload.null.behavior", "table.json.payload.empty.array.behavior",
        "topic.regex", "topic.replacement", "key.enforce.uniqueness", "key.field.name", "key.field.regex", "key.field.replacement", "schema.name.adjustment.mode", "logical.table.cache.size",
        "partition.payload.fields", "partition.topic.num", "partition.hash.function",
        "header.changed.name", "header.unchanged.name",
        "converted.timezone", "include.list", "exclude.list",
        "fields.null.include",
    ];

    public static TransformSet None { get; } = new();

    internal LogicalRouting? Router { get; init; }
    internal FlatRows? Flat { get; init; }
    internal OutboxEvents? Outbox { get; init; }
    internal PartitionFields? Partition { get; init; }
    internal ChangedColumns? Changed { get; init; }
    internal DecodedMessages? Decode { get; init; }
    internal ZoneConversion? Zone { get; init; }

    /// <summary>Whether rows are written otherwise than as envelopes alone; logical routing and zones are part of a relation's plan.</summary>
    internal bool ShapeRows => Flat is not null || Outbox is not null || Partition is not null || Changed is not null;

    /// <summary>Reads <c>transforms=a,b</c> and <c>transforms.a.option=value</c>; the names are those of Kafka Connect.</summary>
    /// <param name="properties">All properties; others are passed over.</param>
    /// <exception cref="FormatException">Names the property, and says what is wrong with it.</exception>
    public static TransformSet Parse(IReadOnlyDictionary<string, string> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        string[] aliases = properties.GetValueOrDefault("transforms")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (properties.Keys.FirstOrDefault(k => k.StartsWith("transforms.", StringComparison.Ordinal) && !aliases.Contains(k.Split('.')[1])) is { } stray)
        {
            throw new FormatException($"{stray} belongs to no transform of the list; transforms lists '{string.Join(',', aliases)}'");
        }

        var set = None;
        int last = -1;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string alias in aliases)
        {
            string type = TypeOf(alias, properties);
            int rank = Array.Find(Types, t => t.Name == type).Rank;
            if (!seen.Add(type) || rank < last)
            {
                throw new FormatException($"transforms lists {type} ({alias}) {(rank < last ? "too late" : "twice")}; the order is {string.Join(", ", Types.Select(t => t.Name))}, each once");
            }

            last = rank;
            var options = new TransformOptions(alias, properties);
            set = set.With(type, options);
            options.EnsureAllRead();
        }

        if (set.Decode is not null && (set.Flat is not null || set.Partition is not null || set.Changed is not null))
        {
            throw new FormatException("transforms lists DecodeLogicalDecodingMessageContent with a transform other than ByLogicalTableRouter and EventRouter, which do not take decoded messages here");
        }

        return set.Flat is not null && set.Outbox is not null
            ? throw new FormatException("transforms lists both ExtractNewRecordState and EventRouter: an outbox event has no row to flatten; use a pipeline for each")
            : set;
    }

    private TransformSet With(string type, TransformOptions options) => type switch
    {
        "DecodeLogicalDecodingMessageContent" => this with { Decode = DecodedMessages.Read(options) },
        "TimezoneConverter" => this with { Zone = ZoneConversion.Read(options) },
        "ExtractChangedRecordState" => this with { Changed = ChangedColumns.Read(options) },
        "ByLogicalTableRouter" => this with { Router = LogicalRouting.Read(options) },
        "PartitionRouting" => this with { Partition = PartitionFields.Read(options) },
        "EventRouter" => this with { Outbox = OutboxEvents.Read(options) },
        _ => this with { Flat = FlatRows.Read(options) },
    };

    private static string TypeOf(string alias, IReadOnlyDictionary<string, string> properties)
    {
        string named = properties.GetValueOrDefault($"transforms.{alias}.type") ?? alias;
        string type = named[(named.LastIndexOf('.') + 1)..];
        type = Aliases.GetValueOrDefault(type, type);
        return Array.Exists(Types, t => t.Name == type)
            ? type
            : throw new FormatException(
                $"transforms.{alias}.type: there is no transform '{named}'; there are {string.Join(", ", Types.Select(t => t.Name))} and their short names {string.Join(", ", Aliases.Keys)}");
    }
}
