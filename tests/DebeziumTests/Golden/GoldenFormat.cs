using System.Globalization;
using Penstock.Debezium.CloudEvents;
using Penstock.Debezium.Events;
using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Turns the options of a case into an <see cref="EventFormat"/>, or says which option is not built. Debezium's defaults apply where this project's differ.</summary>
internal static class GoldenFormat
{
    // They steer the connector's work with the database, which a replay of the stream has behind it, or change no event (captures A20).
    private static readonly HashSet<string> WithoutEffect =
    [
        "name", "connector.class", "tasks.max", "plugin.name", "slot.name", "publication.name", "database.dbname", "database.user", "database.password", "snapshot.mode",
        "publication.autocreate.mode", "publish.via.partition.root", "replica.identity.autoset.values", "include.schema.comments", "heartbeat.action.query", "heartbeat.interval.ms",
        "schema.include.list", "schema.exclude.list", "table.include.list", "table.exclude.list", "column.include.list", "column.exclude.list",
        "snapshot.select.statement.overrides", "snapshot.include.collection.list", "schema.refresh.mode", "message.prefix.include.list", "message.prefix.exclude.list",
        "poll.interval.ms", "event.converting.failure.handling.mode",
    ];

    private const string CloudEventsConverter = "io.debezium.converters.CloudEventsConverter";

    /// <exception cref="NotSupportedException">The message names the option that is not built.</exception>
    public static EventFormat From(IReadOnlyDictionary<string, string> options, bool schemas)
    {
        var format = new EventFormat { TopicPrefix = options["topic.prefix"], Database = options["database.dbname"], KeySchemas = schemas, ValueSchemas = schemas, ExtendedHeaders = true, Transforms = Transforms(options) };
        foreach (var (name, value) in options)
        {
            if (format.Columns.With(name, value) is { } columns)
            {
                format = format with { Columns = columns };
                continue;
            }

            if (name == "event.converting.failure.handling.mode" && value == "fail")
            {
                throw new NotSupportedException($"{name}={value}");
            }

            if (!WithoutEffect.Contains(name) && !name.StartsWith("snapshot.select.statement.overrides.", StringComparison.Ordinal)
                && !name.StartsWith("snapshot.mode.configuration.based.", StringComparison.Ordinal)
                && name is not ("transforms" or "predicates" or "topic.prefix") && (name != "value.converter" || value != CloudEventsConverter) && !IsOfCloudEvents(options, name)
                && !name.StartsWith("transforms.", StringComparison.Ordinal) && !name.StartsWith("predicates.", StringComparison.Ordinal))
            {
                format = Apply(format, name, value);
            }
        }

        format = CloudEvents(format, options);
        return options.TryGetValue("message.prefix.include.list", out string? include)
            ? format with { MessagePrefixes = MessagePrefixes.Parse(include, include: true) }
            : options.TryGetValue("message.prefix.exclude.list", out string? exclude)
                ? format with { MessagePrefixes = MessagePrefixes.Parse(exclude, include: false) }
                : format;
    }

    private static bool IsOfCloudEvents(IReadOnlyDictionary<string, string> options, string name) =>
        name.StartsWith("value.converter.", StringComparison.Ordinal) && options.GetValueOrDefault("value.converter") == CloudEventsConverter;

    private static EventFormat CloudEvents(EventFormat format, IReadOnlyDictionary<string, string> options) => options.GetValueOrDefault("value.converter") != CloudEventsConverter ? format : format with
    {
        ValueSchemas = false,
        CloudEvents = new CloudEventOptions
        {
            DataSchemas = options.GetValueOrDefault("value.converter.json.schemas.enable") != "false",
            ExtensionAttributes = options.GetValueOrDefault("value.converter.extension.attributes.enable") != "false",
        },
        ReplaceNullWithDefault = options.GetValueOrDefault("value.converter.json.replace.null.with.default") != "false",
        Values = format.Values with { DecimalFormatNumeric = options.GetValueOrDefault("value.converter.json.decimal.format") == "NUMERIC" },
    };

    private static TransformSet Transforms(IReadOnlyDictionary<string, string> options)
    {
        try
        {
            return TransformSet.Parse(options);
        }
        catch (FormatException error)
        {
            throw new NotSupportedException(error.Message, error);
        }
    }

    private static EventFormat Apply(EventFormat format, string name, string value) => name switch
    {
        "tombstones.on.delete" => format with { TombstonesOnDelete = bool.Parse(value) },
        "skipped.operations" => format with { SkippedOperations = Operations(value) },
        "skip.messages.without.change" => format with { SkipUnchanged = bool.Parse(value) },
        "provide.transaction.metadata" => format with { TransactionMetadata = bool.Parse(value) },
        "extended.headers.enabled" => format with { ExtendedHeaders = bool.Parse(value) },
        "message.key.columns" => format with { MessageKeys = MessageKeyColumns.Parse(value) },
        "value.converter.replace.null.with.default" => format with { ReplaceNullWithDefault = bool.Parse(value) },
        _ when name.StartsWith("topic.", StringComparison.Ordinal) || name.EndsWith("name.adjustment.mode", StringComparison.Ordinal)
            => format with { Names = Names(format.Names, name, value) },
        _ => format with { Values = Values(format.Values, name, value) },
    };

    private static NameRules Names(NameRules rules, string name, string value) => name switch
    {
        "topic.delimiter" => rules with { TopicDelimiter = value },
        "topic.transaction" => rules with { TransactionTopic = value },
        "topic.heartbeat.prefix" => rules with { HeartbeatPrefix = value },
        "topic.heartbeat.name" => rules with { HeartbeatTopic = value },
        "schema.name.adjustment.mode" => rules with { SchemaNames = Adjustment(value) },
        "field.name.adjustment.mode" => rules with { FieldNames = Adjustment(value) },
        "topic.regex" => rules with { TopicRegex = value },
        "topic.replacement" => rules with { TopicReplacement = value },
        "topic.naming.strategy" => rules with
        {
            Strategy = value switch
            {
                "io.debezium.schema.DefaultTopicNamingStrategy" => TopicNaming.Default,
                "io.debezium.schema.DefaultRegexTopicNamingStrategy" => TopicNaming.Regex,
                "io.debezium.schema.SchemaUnicodeTopicNamingStrategy" => TopicNaming.SchemaUnicode,
                "io.debezium.schema.SchemaTopicNamingStrategy" => TopicNaming.Schema,
                _ => throw new NotSupportedException($"{name}={value}"),
            },
        },
        _ => throw new NotSupportedException(name),
    };

    private static ValueModes Values(ValueModes modes, string name, string value) => name switch
    {
        "decimal.handling.mode" => modes with { Decimal = value switch { "double" => DecimalMode.Double, "string" => DecimalMode.Text, _ => DecimalMode.Precise } },
        "time.precision.mode" => modes with
        {
            Time = value switch
            {
                "adaptive" => TimeMode.Adaptive,
                "adaptive_time_microseconds" => TimeMode.AdaptiveTimeMicroseconds,
                "connect" => TimeMode.Connect,
                "isostring" => TimeMode.IsoString,
                "microseconds" => TimeMode.Microseconds,
                "nanoseconds" => TimeMode.Nanoseconds,
                _ => throw new NotSupportedException($"{name}={value}"),
            },
        },
        "binary.handling.mode" => modes with
        {
            Binary = value switch { "base64" => BinaryMode.Base64, "base64-url-safe" => BinaryMode.Base64UrlSafe, "hex" => BinaryMode.Hex, _ => BinaryMode.Bytes },
        },
        "interval.handling.mode" => modes with { IntervalAsText = value == "string" },
        "hstore.handling.mode" => modes with { HstoreAsMap = value == "map" },
        "money.fraction.digits" => modes with { MoneyFractionDigits = int.Parse(value, CultureInfo.InvariantCulture) },
        "include.unknown.datatypes" => modes with { IncludeUnknown = bool.Parse(value) },
        "unavailable.value.placeholder" => modes with { UnavailableValuePlaceholder = value },
        "value.converter.decimal.format" => modes with { DecimalFormatNumeric = value == "NUMERIC" },
        _ => throw new NotSupportedException(name),
    };

    private static NameAdjustment Adjustment(string value) => value switch { "avro" => NameAdjustment.Avro, "avro_unicode" => NameAdjustment.AvroUnicode, _ => NameAdjustment.None };

    private static EventOperations Operations(string value) => value.Split(',').Aggregate(EventOperations.None, (all, one) => all | one.Trim() switch
    {
        "c" => EventOperations.Create,
        "u" => EventOperations.Update,
        "d" => EventOperations.Delete,
        "t" => EventOperations.Truncate,
        _ => EventOperations.None,
    });
}
