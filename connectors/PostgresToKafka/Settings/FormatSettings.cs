using Penstock.Debezium.Events;
using Penstock.Debezium.Values;
using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>The finer points of the event format: how names are made, which records there are beside the rows', and what the converters of Kafka Connect would do.</summary>
internal static class FormatSettings
{
    private const string Names = "Names of topics, schemas and fields";
    private const string Records = "Records beside the rows";
    private const string Converters = "Converters";

    private static readonly SettingType<string> TopicPart = SettingTypes.Matching("[A-Za-z0-9._-]{1,200}", "letters, digits, dots, underscores and dashes");

    private static readonly SettingType<NameAdjustment> Adjustment = SettingTypes.Choice<NameAdjustment>(
        [("none", NameAdjustment.None), ("avro", NameAdjustment.Avro), ("avro_unicode", NameAdjustment.AvroUnicode)]);

    public static readonly Setting<TopicNaming> TopicNamingStrategy = new(
        "topic.naming.strategy",
        Names,
        SettingTypes.Choice<TopicNaming>(
            [
                ("io.debezium.schema.SchemaTopicNamingStrategy", TopicNaming.Schema), ("io.debezium.schema.DefaultTopicNamingStrategy", TopicNaming.Default),
                ("io.debezium.schema.DefaultRegexTopicNamingStrategy", TopicNaming.Regex), ("io.debezium.schema.SchemaRegexTopicNamingStrategy", TopicNaming.SchemaRegex),
                ("io.debezium.schema.SchemaUnicodeTopicNamingStrategy", TopicNaming.SchemaUnicode), ("io.debezium.schema.DefaultUnicodeTopicNamingStrategy", TopicNaming.DefaultUnicode),
            ],
            aliases: [("schema", TopicNaming.Schema), ("default", TopicNaming.Default), ("regex", TopicNaming.Regex), ("schema_unicode", TopicNaming.SchemaUnicode)]),
        "Which parts a table's topic has: prefix, schema and table; prefix and table; Regex: the same rewritten by topic.regex; Unicode: the same with other characters as _uXXXX")
    {
        Default = TopicNaming.Schema,
    };

    private static readonly SettingType<PatternList?> WholeTopic = new(
        "a regular expression that matches a whole topic name",
        static (string text, out PatternList? value) => PatternList.TryParseSingle(text, out value, out var problem) ? null : problem,
        static value => value?.ToString() ?? "");

    private static readonly SettingType<string?> Replacement = new(
        "text in which $1, $2, ... are the expression's groups",
        static (string text, out string? value) =>
        {
            value = text.Trim();
            return value.Length == 0 ? "must have a text" : null;
        },
        static value => value ?? "");

    public static readonly Setting<PatternList?> TopicRegex = new("topic.regex", Names, WholeTopic, "With a regex strategy: the topic names that are rewritten, capitals and small letters apart");

    public static readonly Setting<string?> TopicReplacement = new("topic.replacement", Names, Replacement, "With a regex strategy: what such names become");

    public static readonly Setting<bool> TopicKeyEnforceUniqueness = new(
        "topic.key.enforce.uniqueness", Names, SettingTypes.Boolean, "With a regex strategy: keys have a field more, which tells the tables of one topic apart")
    {
        Default = true,
    };

    public static readonly Setting<string> TopicKeyFieldName = new("topic.key.field.name", Names, SettingTypes.Matching("[ -~]{1,200}", "a name"), "With a regex strategy: the name of that field")
    {
        Default = "__dbz__physicalTableIdentifier",
    };

    public static readonly Setting<PatternList?> TopicKeyFieldRegex = new(
        "topic.key.field.regex", Names, WholeTopic, "With a regex strategy: the names before their rewriting that the field says otherwise");

    public static readonly Setting<string?> TopicKeyFieldReplacement = new("topic.key.field.replacement", Names, Replacement, "With a regex strategy: what the field says for such names");

    public static readonly Setting<NameAdjustment> SchemaNameAdjustmentMode = new("schema.name.adjustment.mode", Names, Adjustment, "How characters that Avro does not allow are written in schema names")
    {
        Default = NameAdjustment.None,
    };

    public static readonly Setting<NameAdjustment> FieldNameAdjustmentMode = new("field.name.adjustment.mode", Names, Adjustment, "How characters that Avro does not allow are written in field names")
    {
        Default = NameAdjustment.None,
    };

    public static readonly Setting<bool> ProvideTransactionMetadata = new(
        "provide.transaction.metadata", Records, SettingTypes.Boolean, "Writes BEGIN and END of each transaction to a topic of their own, and a transaction block into each event")
    {
        Default = false,
    };

    public static readonly Setting<string> TopicTransaction = new("topic.transaction", Records, TopicPart, "Last part of the name of the topic of transactions: <topic.prefix>.<topic.transaction>")
    {
        Default = "transaction",
    };

    public static readonly Setting<string?> TopicHeartbeatName = new(
        "topic.heartbeat.name",
        Records,
        new SettingType<string?>(TopicPart.Allowed, static (string text, out string? value) => TopicPart.Parse(text, out value!), static value => value ?? ""),
        "The whole name of the topic of heartbeats")
    {
        ComputedDefaultText = "topic.heartbeat.prefix, topic.delimiter and topic.prefix",
    };

    public static readonly Setting<PatternList?> MessagePrefixIncludeList = new(
        "message.prefix.include.list", Records, SettingTypes.Patterns("prefix"), "Prefixes of the logical messages (pg_logical_emit_message) that become records")
    {
        ComputedDefaultText = "all",
    };

    public static readonly Setting<PatternList?> MessagePrefixExcludeList = new(
        "message.prefix.exclude.list", Records, SettingTypes.Patterns("prefix"), "Prefixes of the logical messages that are left out; not together with the include list");

    public static readonly Setting<bool> SkipMessagesWithoutChange = new(
        "skip.messages.without.change", Records, SettingTypes.Boolean, "Leaves out updates that change no captured column; needs REPLICA IDENTITY FULL")
    {
        Default = false,
    };

    internal static readonly SettingType<bool> DecimalFormat = SettingTypes.Choice<bool>([("BASE64", false), ("NUMERIC", true)]);

    public static readonly Setting<bool> ValueDecimalFormat = new(
        "value.converter.decimal.format", Converters, DecimalFormat, "How decimals of decimal.handling.mode=precise stand in JSON: as base64 of their bytes, or as a number with all digits")
    {
        Default = false,
    };

    public static readonly Setting<bool> KeyDecimalFormat = new("key.converter.decimal.format", Converters, DecimalFormat, "The same for keys; must agree with that of values")
    {
        ComputedDefault = static values => values.Get(DecimalOf(values)),
        ComputedDefaultText = "that of values (Kafka Connect's default is BASE64)",
    };

    public static readonly Setting<bool> ValueReplaceNull = new(
        "value.converter.replace.null.with.default", Converters, SettingTypes.Boolean, "Writes the column's default where a row has NULL, as Kafka Connect's converter does")
    {
        ComputedDefault = static values => values.Get(EventSettings.Compat) == CompatMode.StrictDebezium,
        ComputedDefaultText = "true; false with PENSTOCK_COMPAT=correct",
    };

    public static readonly Setting<bool> KeyReplaceNull = new("key.converter.replace.null.with.default", Converters, SettingTypes.Boolean, "The same for keys; must agree with that of values")
    {
        ComputedDefault = static values => values.Get(ReplaceNullOf(values)),
        ComputedDefaultText = "that of values",
    };

    /// <summary>The setting for decimals of the converter that is chosen.</summary>
    public static Setting<bool> DecimalOf(SettingValues values) => values.Get(CloudEventSettings.ValueConverter) ? CloudEventSettings.DecimalFormat : ValueDecimalFormat;

    /// <summary>The setting for nulls with a default of the converter that is chosen.</summary>
    public static Setting<bool> ReplaceNullOf(SettingValues values) => values.Get(CloudEventSettings.ValueConverter) ? CloudEventSettings.ReplaceNull : ValueReplaceNull;

    public static IReadOnlyList<Setting> All { get; } =
    [
        TopicNamingStrategy, TopicRegex, TopicReplacement, TopicKeyEnforceUniqueness, TopicKeyFieldName, TopicKeyFieldRegex, TopicKeyFieldReplacement, SchemaNameAdjustmentMode, FieldNameAdjustmentMode,
        ProvideTransactionMetadata, TopicTransaction, TopicHeartbeatName, MessagePrefixIncludeList, MessagePrefixExcludeList, SkipMessagesWithoutChange,
        ValueDecimalFormat, KeyDecimalFormat, ValueReplaceNull, KeyReplaceNull,
    ];

    /// <summary>What shows only when these settings are looked at together.</summary>
    public static void CheckTogether(SettingValues values)
    {
        if (values.IsGiven(MessagePrefixIncludeList) && values.IsGiven(MessagePrefixExcludeList))
        {
            values.Reject(MessagePrefixIncludeList, $"and {values.EnvironmentNameOf(MessagePrefixExcludeList)} exclude each other: remove one of them");
        }

        bool isRegex = values.Get(TopicNamingStrategy) is TopicNaming.Regex or TopicNaming.SchemaRegex;
        foreach (Setting part in (ReadOnlySpan<Setting>)[TopicRegex, TopicReplacement])
        {
            if (isRegex && !values.IsGiven(part))
            {
                values.Reject(part, $"is missing: {values.EnvironmentNameOf(TopicNamingStrategy)} is the regex strategy");
            }
        }

        foreach (Setting part in (ReadOnlySpan<Setting>)[TopicRegex, TopicReplacement, TopicKeyEnforceUniqueness, TopicKeyFieldName, TopicKeyFieldRegex, TopicKeyFieldReplacement])
        {
            if (!isRegex && values.IsGiven(part))
            {
                values.Reject(part, $"has no effect without {values.EnvironmentNameOf(TopicNamingStrategy)}=io.debezium.schema.DefaultRegexTopicNamingStrategy: add that or remove this");
            }
        }

        if (values.IsGiven(TopicKeyFieldRegex) != values.IsGiven(TopicKeyFieldReplacement))
        {
            values.Reject(values.IsGiven(TopicKeyFieldRegex) ? TopicKeyFieldReplacement : TopicKeyFieldRegex, "is missing: the two are given together");
        }

        foreach (var (key, value) in (ReadOnlySpan<(Setting<bool>, Setting<bool>)>)[(KeyDecimalFormat, DecimalOf(values)), (KeyReplaceNull, ReplaceNullOf(values))])
        {
            if (values.Get(key) != values.Get(value))
            {
                values.Reject(key, $"must be the same as {values.EnvironmentNameOf(value)}: keys and values are written alike in this version");
            }
        }
    }
}
