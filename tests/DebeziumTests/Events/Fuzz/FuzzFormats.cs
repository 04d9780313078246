using Penstock.Debezium.CloudEvents;
using Penstock.Debezium.Columns;
using Penstock.Debezium.Events;
using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;
using Penstock.Postgres.Snapshot;

namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>Combinations of everything that shapes an event: modes, schemas, names, lists, column rules, own keys, transforms; those of the stream's own case too.</summary>
internal sealed class FuzzFormats(Random random, FuzzStream stream)
{
    private static readonly string[] Conditions =
    [
        "value.op == 'u' && value.before.note != value.after.note", "value.after?.id > 2", "value.after.c25 > 'a'", "value.source.table in ['wide', 't'] || value.op == 'd'", "value.after.c1700 >= 1.5",
        "value.after.c701 < 10 || value.after.c20 == -32768",
    ];

    private static readonly string[] Columns = [".*", ".*[a-e]", @".*\.note", @".*\.c(25|1043|3802)"];

    /// <summary>Whether the last format leaves values as their encoders write them, under the names that they have.</summary>
    public bool IsPlain { get; private set; }

    /// <summary>Names of the transforms that were part of a chain so far.</summary>
    public SortedSet<string> Accepted { get; } = new(StringComparer.Ordinal);

    public EventFormat Next()
    {
        bool own = Chance(3);
        var transforms = own ? OwnTransforms() : Chance(2) ? Chain() : TransformSet.None;
        var columns = own ? OwnColumns() : Chance(4) ? Rules() : ColumnRules.None;
        var names = Chance(5) ? Names() : new NameRules();
        var prefixes = Chance(6) ? MessagePrefixes.Parse("o.*,pfx", include: Chance(2)) : MessagePrefixes.All;
        bool skipUnchanged = Chance(4);
        // Not with what leaves something else than an envelope.
        bool cloud = Chance(8) && !transforms.Flattens;
        bool signals = Chance(4);
        IsPlain = !cloud && !signals && transforms == TransformSet.None && columns == ColumnRules.None && names == new NameRules() && prefixes == MessagePrefixes.All && !skipUnchanged;
        return new EventFormat
        {
            TopicPrefix = "fuzz",
            Database = "fuzz",
            TransactionMetadata = Chance(3),
            ExtendedHeaders = Chance(3),
            PositionHeader = Chance(6),
            ClosesWindowByDelete = Chance(2),
            LastRowOfKeylessChunk = Chance(2),
            RunId = "5f0c2f6e-8f43-4f5b-9a55-6a3d8e5b9b11",
            KeySchemas = Chance(3),
            ValueSchemas = Chance(4),
            ReplaceNullWithDefault = !Chance(4),
            TombstonesOnDelete = !Chance(4),
            SkipUnchanged = skipUnchanged,
            SkippedOperations = Chance(4) ? (EventOperations)random.Next(16) : EventOperations.None,
            SignalTable = signals ? new SignalTableName("public", "signals") : null,
            FailOnUnrepresented = Chance(6),
            CloudEvents = cloud ? new CloudEventOptions { DataSchemas = Chance(2), ExtensionAttributes = Chance(2) } : null,
            MaxBatchRecords = Chance(4) ? random.Next(1, 4) : 2048,
            MessagePrefixes = prefixes,
            MessageKeys = Keys(own),
            Names = names,
            Columns = columns,
            Transforms = transforms,
            Values = new ValueModes
            {
                Decimal = (DecimalMode)random.Next(3),
                Time = (TimeMode)random.Next(6),
                Binary = (BinaryMode)random.Next(4),
                IntervalAsText = Chance(2),
                HstoreAsMap = Chance(2),
                Compat = Chance(4) ? CompatMode.Correct : CompatMode.StrictDebezium,
                IncludeUnknown = Chance(2),
                DecimalFormatNumeric = Chance(4),
                MoneyFractionDigits = Chance(4) ? random.Next(20) : 2,
                UnavailableValuePlaceholder = Pick("__debezium_unavailable_value", "__debezium_unavailable_value", "hex:00ff", "un\"quoted\n"),
            },
        };
    }

    private bool Chance(int oneIn) => random.Next(oneIn) == 0;

    private T Pick<T>(params T[] all) => all[random.Next(all.Length)];

    // An option that is refused belongs to a case that tests the refusal.
    private TransformSet OwnTransforms()
    {
        try
        {
            return TransformSet.Parse(stream.Options);
        }
        catch (FormatException)
        {
            return TransformSet.None;
        }
    }

    private ColumnRules OwnColumns() => stream.Options.Aggregate(ColumnRules.None, (rules, option) => rules.With(option.Key, option.Value) ?? rules);

    private ColumnRules Rules()
    {
        string option = Pick(
            $"column.truncate.to.{Pick(0, 1, 5, 40)}.chars",
            $"column.mask.with.{Pick(0, 1, 12)}.chars",
            "column.mask.hash.SHA-256.with.salt.pepper",
            "column.mask.hash.v2.MD5.with.salt.pepper",
            "column.propagate.source.type",
            ColumnRules.AsTextOption);
        var rules = ColumnRules.None.With(option, Pick(Columns))!;
        return Chance(3) ? rules.With("datatype.propagate.source.type", ".*")! : rules;
    }

    private NameRules Names() => new()
    {
        SchemaNames = (NameAdjustment)random.Next(3),
        FieldNames = (NameAdjustment)random.Next(3),
        Strategy = (TopicNaming)random.Next(4),
        TopicRegex = "(.*)o(.*)",
        TopicReplacement = "$2-x",
        TopicDelimiter = Pick(".", "-", "_"),
    };

    private MessageKeyColumns Keys(bool own)
    {
        if (own && stream.Options.TryGetValue("message.key.columns", out string? text))
        {
            return MessageKeyColumns.Parse(text);
        }

        var relation = Array.Find(stream.Messages, m => m.Bytes[0] == 'R');
        string[] columns = relation is null ? [] : [.. relation.Fields.Where(f => f.Part == WirePart.Name).Skip(2).Select(f => Name(relation, f)).Where(n => n.All(char.IsAsciiLetterOrDigit))];
        return columns.Length == 0 || !Chance(5) ? MessageKeyColumns.None : MessageKeyColumns.Parse($".*:{Pick(columns)},{Pick(columns)}");
    }

    private static string Name(FuzzMessage message, WireField field) => System.Text.Encoding.UTF8.GetString(message.Bytes, field.Offset, field.Length - 1);

    private Dictionary<string, string> Transforms()
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        var aliases = new List<string>();
        void Add(int oneIn, string alias, params (string Name, string Value)[] more)
        {
            if (!Chance(oneIn))
            {
                return;
            }

            aliases.Add(alias);
            foreach (var (name, value) in more)
            {
                options[$"transforms.{alias}.{name}"] = value;
            }

            if (Chance(5))
            {
                options[$"transforms.{alias}.predicate"] = Pick("named", "headed", "stone");
                options[$"transforms.{alias}.negate"] = Pick("true", "false");
            }
        }

        Add(8, "decode", ("fields.null.include", Pick("true", "false")));
        Add(4, "timezone", ("converted.timezone", Pick("Europe/Paris", "+08:00", "America/New_York")));
        Add(4, "changes", ("header.changed.name", "Changed"), ("header.unchanged.name", "Unchanged"));
        Add(4, "router", ("topic.regex", "(.*)o(.*)"), ("topic.replacement", "$1all"), ("key.field.regex", "(.*)o(.*)"), ("key.field.replacement", "$2"), ("key.enforce.uniqueness", Pick("true", "false")));
        Add(
            4,
            "partition",
            ("partition.payload.fields", Pick("change.id", "op", "source.table,change.note", "change.c25,change.c20,change.c701")),
            ("partition.topic.num", "7"),
            ("partition.hash.function", Pick("java", "murmur")));
        Add(4, "filter", ("condition", Pick(Conditions)), ("null.handling.mode", Pick("keep", "drop", "evaluate")));
        Add(5, "content", ("topic.expression", Pick("value.op == 'u' ? 'updates' : null", "topic + '.' + value.after.note", "value.after?.c25", "value.source.table")));
        Add(
            4,
            "outbox",
            ("table.field.event.id", Pick("id", "note")),
            ("table.field.event.key", Pick("aggregateid", "id")),
            ("table.field.event.payload", Pick("payload", "note", "id")),
            ("route.by.field", Pick("aggregatetype", "note", "payload")),
            ("route.tombstone.on.empty.payload", Pick("true", "false")),
            ("table.expand.json.payload", Pick("true", "false")),
            ("table.fields.additional.placement", Pick("note:header:n", "note:envelope", "id:partition")));
        Add(
            2,
            "unwrap",
            ("delete.tombstone.handling.mode", Pick("tombstone", "drop", "rewrite", "rewrite-with-tombstone", "delete-to-tombstone")),
            ("add.fields", Pick("op,source.lsn,source.ts_ms", "table", "source.snapshot,transaction.id")),
            ("add.headers", Pick("op", "source.db,ts_ns")),
            ("replace.null.with.default", Pick("true", "false")),
            ("route.by.field", Pick("", "note", "c25")),
            ("drop.fields.header.name", Pick("", "", "Unchanged")));
        bool inOrder = Chance(2);
        options["transforms"] = string.Join(',', aliases.OrderBy(_ => inOrder ? 0 : random.Next()));
        options["predicates"] = "named,headed,stone";
        options["predicates.named.type"] = "TopicNameMatches";
        options["predicates.named.pattern"] = ".*o.*";
        options["predicates.headed.type"] = "HasHeaderKey";
        options["predicates.headed.name"] = "__debezium.oldkey";
        options["predicates.stone.type"] = "RecordIsTombstone";
        return options;
    }

    // Some orders make no sense, and are refused when the program starts.
    private TransformSet Chain()
    {
        for (int attempts = 0; attempts < 20; attempts++)
        {
            try
            {
                var options = Transforms();
                var chain = TransformSet.Parse(options);
                Accepted.UnionWith(options["transforms"].Split(',', StringSplitOptions.RemoveEmptyEntries));
                return chain;
            }
            catch (FormatException)
            {
                continue;
            }
        }

        return TransformSet.None;
    }
}
