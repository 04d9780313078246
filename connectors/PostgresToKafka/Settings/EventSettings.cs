using System.Buffers;
using Penstock.Debezium.Values;
using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>What events look like: envelope, topic names, and how each kind of value is written.</summary>
internal static class EventSettings
{
    private const string Events = "Events";
    private const string Types = "Values";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    public static readonly Setting<CompatMode> Compat = new(
        "compat",
        Events,
        SettingTypes.Choice<CompatMode>([("strict-debezium", CompatMode.StrictDebezium), ("correct", CompatMode.Correct)]),
        "Where Debezium's output is plainly wrong: the same output, byte for byte, or the right one. docs/compat.md has every difference")
    {
        Default = CompatMode.StrictDebezium,
    };

    public static readonly Setting<bool> TombstonesOnDelete = new("tombstones.on.delete", Events, SettingTypes.Boolean, "Follows each delete with a record without a value, so that compaction removes the key")
    {
        Default = true,
    };

    public static readonly Setting<bool> KeySchemasEnable = new(
        "key.converter.schemas.enable", Events, SettingTypes.Boolean, "Puts the schema into each key as {\"schema\":...,\"payload\":...} (Kafka Connect's default is true)")
    {
        Default = false,
    };

    public static readonly Setting<bool> ValueSchemasEnable = new(
        "value.converter.schemas.enable", Events, SettingTypes.Boolean, "Puts the schema into each value as {\"schema\":...,\"payload\":...} (Kafka Connect's default is true)")
    {
        Default = false,
    };

    public static readonly Setting<bool> ExtendedHeadersEnabled = new(
        "extended.headers.enabled", Events, SettingTypes.Boolean, "Adds the __debezium.context.* headers to each record, at the price of a slower way to the broker (Debezium's default is true)")
    {
        Default = false,
    };

    public static readonly Setting<bool> PositionHeaderEnabled = new(
        "position.header.enabled",
        Events,
        SettingTypes.Boolean,
        "Adds the header __penstock.position (commit LSN and place in the transaction, as 0/16B3748:17) to each record of a change, at the price of a slower way to the broker: what comes again has the same")
    {
        Default = false,
    };

    public static readonly Setting<string?> TraceParentColumn = new(
        "traceparent.column",
        Events,
        new SettingType<string?>("the name of a column", static (string text, out string? value) => { value = text; return null; }, static value => value ?? ""),
        "Tables that have a column of this name: a text in it that is a W3C traceparent (00-...) becomes the header traceparent of the row's events, whether the column itself is captured or not");

    public static readonly Setting<string?> TraceParentPrefix = new(
        "traceparent.message.prefix",
        Events,
        new SettingType<string?>("any text", static (string text, out string? value) => { value = text; return null; }, static value => value ?? ""),
        "A message of this prefix, SELECT pg_logical_emit_message(true, 'PREFIX', '00-...'), makes its text the header traceparent of the events that follow in its transaction");

    public static readonly Setting<bool> TypesHeaderEnabled = new(
        "types.header.enabled",
        Events,
        SettingTypes.Boolean,
        "Adds the header __penstock.types (columns and their types, as {\"id\":\"bigint\",\"amount\":\"numeric(12,2)\"}) to each event of a row that no transform is for, at the price of a slower way to the broker: kafka-to-postgres can then make tables of events without schemas")
    {
        Default = false,
    };

    public static readonly Setting<string> TopicDelimiter = new(
        "topic.delimiter", Events, SettingTypes.Matching("[A-Za-z0-9._-]{1,20}", "letters, digits, dots, underscores and dashes"), "Stands between prefix, schema and table in a topic name")
    {
        Default = ".",
    };

    public static readonly Setting<string> SourceVersion = new(
        "source.version", Events, SettingTypes.Matching("[!-~]{1,100}", "text without spaces"), "What source.version says in each event, for consumers that look at it")
    {
        Default = "3.6.1.Final",
    };

    public static readonly Setting<string> SourceConnector = new(
        "source.connector", Events, SettingTypes.Matching("[!-~]{1,100}", "text without spaces"), "What source.connector says in each event")
    {
        Default = "postgresql",
    };

    public static readonly Setting<DecimalMode> DecimalHandlingMode = new(
        "decimal.handling.mode",
        Types,
        SettingTypes.Choice<DecimalMode>([("precise", DecimalMode.Precise), ("double", DecimalMode.Double), ("string", DecimalMode.Text)]),
        "How numeric and money are written: as exact bytes with a scale, as a number that may lose digits, or as text")
    {
        Default = DecimalMode.Precise,
    };

    public static readonly Setting<TimeMode> TimePrecisionMode = new(
        "time.precision.mode",
        Types,
        SettingTypes.Choice<TimeMode>(
            [
                ("adaptive", TimeMode.Adaptive), ("adaptive_time_microseconds", TimeMode.AdaptiveTimeMicroseconds), ("connect", TimeMode.Connect), ("isostring", TimeMode.IsoString),
                ("microseconds", TimeMode.Microseconds), ("nanoseconds", TimeMode.Nanoseconds),
            ],
            ["structured"]),
        "How dates and times are written: units by the column's precision, milliseconds, a fixed unit, or ISO text")
    {
        Default = TimeMode.Adaptive,
    };

    public static readonly Setting<BinaryMode> BinaryHandlingMode = new(
        "binary.handling.mode",
        Types,
        SettingTypes.Choice<BinaryMode>([("bytes", BinaryMode.Bytes), ("base64", BinaryMode.Base64), ("base64-url-safe", BinaryMode.Base64UrlSafe), ("hex", BinaryMode.Hex)]),
        "How bytea is written: as Connect bytes (base64 in JSON), or as text in one of three codes")
    {
        Default = BinaryMode.Bytes,
    };

    public static readonly Setting<bool> IntervalAsText = new(
        "interval.handling.mode", Types, SettingTypes.Choice<bool>([("numeric", false), ("string", true)]), "How intervals are written: as microseconds, with 30.4375 days to a month, or as ISO text")
    {
        Default = false,
    };

    public static readonly Setting<bool> HstoreAsMap = new("hstore.handling.mode", Types, SettingTypes.Choice<bool>([("json", false), ("map", true)]), "How hstore is written: as JSON text or as a map")
    {
        Default = false,
    };

    public static readonly Setting<int> MoneyFractionDigits = new("money.fraction.digits", Types, SettingTypes.Integer(0, 18), "Digits after the point of money values") { Default = 2 };

    public static readonly Setting<bool> IncludeUnknownDatatypes = new(
        "include.unknown.datatypes", Types, SettingTypes.Boolean, "Writes columns of types that are not known as bytes of their text; otherwise they are left out, or with PENSTOCK_COMPAT=correct written as text")
    {
        Default = false,
    };

    public static readonly Setting<string> UnavailableValuePlaceholder = new(
        "unavailable.value.placeholder", Types, PlaceholderType, "Stands for a large value that an update did not change and the server therefore did not send")
    {
        Default = "__debezium_unavailable_value",
    };

    public static readonly Setting<ConversionFailure> EventConvertingFailureHandlingMode = new(
        "event.converting.failure.handling.mode",
        Types,
        SettingTypes.Choice<ConversionFailure>([("warn", ConversionFailure.Warn), ("skip", ConversionFailure.Skip), ("fail", ConversionFailure.Fail)]),
        "What happens to a value that has no form in Debezium's format, such as a numeric NaN: null and a line in the log, once for each column; null without one; or the pipeline stops")
    {
        Default = ConversionFailure.Warn,
    };

    private static SettingType<string> PlaceholderType => new(
        "any text; hex: and an even number of hexadecimal digits for raw bytes",
        static (string text, out string value) =>
        {
            value = text;
            return !text.StartsWith("hex:", StringComparison.Ordinal) || (text.Length % 2 == 0 && text.AsSpan(4).ContainsAnyExcept(HexDigits) == false)
                ? null
                : "must have an even number of hexadecimal digits behind hex:";
        },
        static value => value);

    public static IReadOnlyList<Setting> All { get; } =
    [
        Compat, TombstonesOnDelete, KeySchemasEnable, ValueSchemasEnable, ExtendedHeadersEnabled, PositionHeaderEnabled, TraceParentColumn, TraceParentPrefix, TypesHeaderEnabled, TopicDelimiter, SourceVersion, SourceConnector,
        DecimalHandlingMode, TimePrecisionMode, BinaryHandlingMode, IntervalAsText, HstoreAsMap, MoneyFractionDigits, IncludeUnknownDatatypes, UnavailableValuePlaceholder,
        EventConvertingFailureHandlingMode,
    ];
}
