using Penstock.Debezium.CloudEvents;
using Penstock.Debezium.Events;
using Penstock.Debezium.Transforms;
using Penstock.PostgresToKafka.Pipeline;
using static Penstock.PostgresToKafkaTests.Settings.TestSettings;

namespace Penstock.PostgresToKafkaTests.Settings;

/// <summary>Transforms, predicates and the converter of CloudEvents as the environment names them.</summary>
public sealed class TransformSettingsTests
{
    [Fact]
    public void Transforms_have_options_by_their_alias()
    {
        var options = Read(
            ("PENSTOCK_TRANSFORMS", "route,my-flat"),
            ("PENSTOCK_TRANSFORMS_ROUTE_TOPIC_REGEX", "(.*)_[0-9]+"),
            ("PENSTOCK_TRANSFORMS_ROUTE_TOPIC_REPLACEMENT", "$1"),
            ("PENSTOCK_TRANSFORMS_MY_FLAT_TYPE", "ExtractNewRecordState"),
            ("PENSTOCK_TRANSFORMS_MY_FLAT_ADD_FIELDS", "op,source.lsn"));

        Assert.NotSame(TransformSet.None, OptionMapping.Format(options, "shop").Transforms);
        Assert.Same(TransformSet.None, OptionMapping.Format(Read(), "shop").Transforms);
    }

    [Fact]
    public void Predicates_and_conditions_are_read_by_the_same_naming_rule()
    {
        var options = Read(
            ("PENSTOCK_TRANSFORMS", "outbox,filter"),
            ("PENSTOCK_TRANSFORMS_OUTBOX_PREDICATE", "isOutbox"),
            ("PENSTOCK_TRANSFORMS_FILTER_TYPE", "io.debezium.transforms.Filter"),
            ("PENSTOCK_TRANSFORMS_FILTER_LANGUAGE", "jsr223.groovy"),
            ("PENSTOCK_TRANSFORMS_FILTER_CONDITION", "value.op == 'c' && value.after.id > 2"),
            ("PENSTOCK_TRANSFORMS_FILTER_PREDICATE", "isOutbox"),
            ("PENSTOCK_TRANSFORMS_FILTER_NEGATE", "true"),
            ("PENSTOCK_PREDICATES", "isOutbox"),
            ("PENSTOCK_PREDICATES_ISOUTBOX_TYPE", "org.apache.kafka.connect.transforms.predicates.TopicNameMatches"),
            ("PENSTOCK_PREDICATES_ISOUTBOX_PATTERN", ".*outbox"));
        var format = OptionMapping.Format(options, "shop");

        Assert.Null(EventTopics.Destination(format, "public", "outbox"));
        Assert.Equal("penstock.public.orders", EventTopics.Destination(format, "public", "orders"));
        Assert.Contains("PENSTOCK_TRANSFORMS_FILTER_LANGUAGE is jsr223.groovy", Assert.Single(options.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Topics_that_must_be_there_are_those_behind_the_routers()
    {
        var format = OptionMapping.Format(
            Read(
                ("PENSTOCK_TRANSFORMS", "router,unwrap"),
                ("PENSTOCK_TRANSFORMS_ROUTER_TOPIC_REGEX", "penstock\\.(.*)"),
                ("PENSTOCK_TRANSFORMS_ROUTER_TOPIC_REPLACEMENT", "all.$1")),
            "shop");

        Assert.Equal(("all.public.orders", "all.transaction"), (EventTopics.Destination(format, "public", "orders"), EventTopics.Transaction(format)));
        Assert.Equal("__debezium-heartbeat.penstock", EventTopics.Heartbeat(format));
    }

    [Fact]
    public void A_condition_that_is_wrong_is_refused_with_its_column()
    {
        string message = Refused(("PENSTOCK_TRANSFORMS", "filter"), ("PENSTOCK_TRANSFORMS_FILTER_CONDITION", "value.op = 'c'"));

        Assert.Contains("PENSTOCK_TRANSFORMS_FILTER_CONDITION is no expression: column 10: a single = is not known: write ==", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_may_be_cloud_events()
    {
        (string, string) converter = ("PENSTOCK_VALUE_CONVERTER", "io.debezium.converters.CloudEventsConverter");
        var format = OptionMapping.Format(
            Read(
                converter,
                ("PENSTOCK_VALUE_CONVERTER_SERIALIZER_TYPE", "json"),
                ("PENSTOCK_VALUE_CONVERTER_JSON_SCHEMAS_ENABLE", "false"),
                ("PENSTOCK_VALUE_CONVERTER_JSON_DECIMAL_FORMAT", "NUMERIC"),
                ("PENSTOCK_VALUE_CONVERTER_EXTENSION_ATTRIBUTES_ENABLE", "false")),
            "shop");

        Assert.Equal(new CloudEventOptions { DataSchemas = false, ExtensionAttributes = false }, format.CloudEvents);
        Assert.True(format.Values.DecimalFormatNumeric);
        Assert.Null(OptionMapping.Format(Read(), "shop").CloudEvents);
        Assert.Contains("begin with PENSTOCK_VALUE_CONVERTER_JSON_", Refused(converter, ("PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE", "true")), StringComparison.Ordinal);
        Assert.Contains("would write nulls", Refused(converter, ("PENSTOCK_TRANSFORMS", "unwrap")), StringComparison.Ordinal);
    }
}
