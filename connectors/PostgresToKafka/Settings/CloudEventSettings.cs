using Penstock.Debezium.CloudEvents;
using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>The converter of values, and the options of Debezium's CloudEventsConverter.</summary>
internal static class CloudEventSettings
{
    private const string Group = "Converters";
    private const string ConverterClass = "io.debezium.converters.CloudEventsConverter";

    public static readonly Setting<bool> ValueConverter = new(
        "value.converter",
        Group,
        SettingTypes.Choice<bool>(
            [("org.apache.kafka.connect.json.JsonConverter", false), (ConverterClass, true)],
            aliases: [("json", false), ("cloudevents", true)]),
        "The form of values: events as Debezium's, or each row's event as a CloudEvent (JSON in JSON); other records have null values then")
    {
        Default = false,
    };

    public static readonly Setting<bool> DataSchemas = new(
        "value.converter.json.schemas.enable", Group, SettingTypes.Boolean, "Of the CloudEventsConverter: puts the schema into each event's data")
    {
        Default = true,
    };

    public static readonly Setting<bool> DecimalFormat = new(
        "value.converter.json.decimal.format", Group, FormatSettings.DecimalFormat, "Of the CloudEventsConverter: how decimals stand in JSON, as value.converter.decimal.format says of JsonConverter")
    {
        Default = false,
    };

    public static readonly Setting<bool> ReplaceNull = new(
        "value.converter.json.replace.null.with.default", Group, SettingTypes.Boolean, "Of the CloudEventsConverter: writes the column's default where a row has NULL")
    {
        Default = true,
    };

    public static readonly Setting<bool> ExtensionAttributes = new(
        "value.converter.extension.attributes.enable", Group, SettingTypes.Boolean, "Of the CloudEventsConverter: the fields of source and transaction as attributes iodebezium...")
    {
        Default = true,
    };

    public static IReadOnlyList<Setting> All { get; } = [ValueConverter, DataSchemas, DecimalFormat, ReplaceNull, ExtensionAttributes];

    /// <summary>The options that are refused by name, or have one value.</summary>
    public static IReadOnlyList<UnavailableOption> NotHere { get; } =
    [
        OnlyJson("value.converter.serializer.type"),
        OnlyJson("value.converter.data.serializer.type"),
        new("value.converter.metadata.source", "not built but for its default: attributes are made from values, not from headers", "value,id:generate,type:generate,traceparent:header,dataSchemaName:generate"),
        new("value.converter.opentelemetry.tracing.attributes.enable", "not built: there is no tracing here", "false"),
        new("value.converter.schema.data.name.source.header.enable", "not built: attributes are made from values, not from headers", "false"),
        new("value.converter.schema.cloudevents.name", "the name of a schema that events in JSON do not carry: leave it out"),
        new("value.converter.schema.name.adjustment.mode", "about names of schemas that events in JSON do not carry: leave it out"),
    ];

    /// <summary>The converter's options; null where values are JsonConverter's.</summary>
    public static CloudEventOptions? Read(SettingValues values) => values.Get(ValueConverter)
        ? new CloudEventOptions { DataSchemas = values.Get(DataSchemas), ExtensionAttributes = values.Get(ExtensionAttributes) }
        : null;

    /// <summary>Notes what is wrong.</summary>
    public static void CheckTogether(SettingValues values)
    {
        bool cloudEvents = values.Get(ValueConverter);
        Setting[] ofJsonConverter = [EventSettings.ValueSchemasEnable, FormatSettings.ValueDecimalFormat, FormatSettings.ValueReplaceNull];
        foreach (var setting in (cloudEvents ? ofJsonConverter : All.Skip(1)).Where(values.IsGiven))
        {
            values.Reject(setting, cloudEvents
                ? $"is JsonConverter's, and {values.EnvironmentNameOf(ValueConverter)} is the CloudEventsConverter: its options for JSON begin with PENSTOCK_VALUE_CONVERTER_JSON_"
                : $"has no effect without {values.EnvironmentNameOf(ValueConverter)}={ConverterClass}");
        }
    }

    private static UnavailableOption OnlyJson(string name) => new(name, "not built for anything but json", "json");
}
