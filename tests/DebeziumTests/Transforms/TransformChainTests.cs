using Penstock.Debezium.Events;
using Penstock.DebeziumTests.Events;

namespace Penstock.DebeziumTests.Transforms;

public sealed class TransformChainTests
{
    private const string IsOutbox = "org.apache.kafka.connect.transforms.predicates.TopicNameMatches";

    [Theory]
    [InlineData("unwrap,outbox")]
    [InlineData("outbox,unwrap")]
    public void Unwrap_and_outbox_without_predicates_share_the_tables_by_their_columns(string transforms)
    {
        var records = Run(TransformBench.Format(transforms)).ToList();

        Assert.Equal(["outbox.event.Order", "shop.public.orders", "shop.public.orders"], records.Select(r => r.Topic));
        Assert.Equal(("\"k1\"", "\"{\\\"x\\\":1}\""), (records[0].Key, records[0].Value));
        Assert.Equal(["{\"id\":1,\"state\":\"new\",\"note\":null}", "null"], records.Skip(1).Select(r => r.Value));
    }

    [Theory]
    [InlineData("unwrap,outbox", "outbox.predicate=isOutbox", "unwrap.predicate=isOutbox", "unwrap.negate=true")]
    [InlineData("outbox,unwrap", "outbox.predicate=isOutbox", "unwrap.predicate=isOutbox", "unwrap.negate=true")]
    [InlineData("outbox,unwrap", "outbox.predicate=isOutbox", "unwrap.add.fields=op", "unwrap.add.fields.prefix=")]
    public void Predicates_say_which_topics_a_transform_is_for(string transforms, params string[] options)
    {
        var records = Run(TransformBench.Format(transforms, [.. options, "predicates=isOutbox", $"predicates.isOutbox.type={IsOutbox}", "predicates.isOutbox.pattern=.*[.]outbox"])).ToList();

        Assert.Equal(["outbox.event.Order", "shop.public.orders", "shop.public.orders"], records.Select(r => r.Topic));
        Assert.StartsWith("{\"id\":1,\"state\":\"new\",\"note\":null", records[1].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_with_one_predicate_does_what_Debeziums_does_and_flattens_outbox_rows_before_the_router_sees_them()
    {
        var records = Run(TransformBench.Format("unwrap,outbox", "outbox.predicate=isOutbox", "predicates=isOutbox", "predicates.isOutbox.type=TopicNameMatches", "predicates.isOutbox.pattern=.*[.]outbox"));

        Assert.Equal("{\"id\":7,\"aggregatetype\":\"Order\",\"aggregateid\":\"k1\",\"payload\":\"{\\\"x\\\":1}\"}", records.First().Value);
    }

    [Fact]
    public void Tombstones_are_told_by_their_predicate()
    {
        var format = TransformBench.Format("filter", "filter.condition=false", "filter.null.handling.mode=evaluate", "filter.predicate=gone", "predicates=gone", "predicates.gone.type=RecordIsTombstone");

        Assert.Equal("c1 c5 u5 d1", TransformBench.Short(new DecoderBench(format).Feed(TransformBench.Orders()).Records));
    }

    [Fact]
    public void Records_with_a_header_are_told_by_their_predicate()
    {
        var script = new WalScript()
            .Begin(1000)
            .Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns)
            .Update(900, DecoderBench.Orders, ["1", null, null], 'K', "2", "new", null)
            .Commit(1000, 1080);
        var format = TransformBench.Format("filter", "filter.condition=false", "filter.predicate=old", "predicates=old", "predicates.old.type=HasHeaderKey", "predicates.old.name=__debezium.oldkey");

        Assert.Equal("d1 x1", TransformBench.Short(new DecoderBench(format).Feed(script).Records));
    }

    [Theory]
    [InlineData("value.op == 'c' ? 'made.' + value.source.table : null", "made.orders made.orders shop.public.orders shop.public.orders shop.public.orders")]
    [InlineData("value.after?.state == 'sent' ? 'sent' : topic", "shop.public.orders shop.public.orders sent shop.public.orders shop.public.orders")]
    public void An_expression_names_the_topic(string expression, string topics) =>
        Assert.Equal(
            topics,
            string.Join(' ', new DecoderBench(TransformBench.Format("content", $"content.topic.expression={expression}")).Feed(TransformBench.Orders()).Records.Select(r => r.Topic)));

    [Theory]
    [InlineData("1", "topic.expression is a number")]
    [InlineData("' '", "topic.expression is blank")]
    public void A_topic_must_have_a_name(string expression, string problem) =>
        Assert.Contains(
            problem,
            Assert.Throws<UndecodableEventException>(() => new DecoderBench(TransformBench.Format("content", $"content.topic.expression={expression}")).Feed(TransformBench.Orders())).Message,
            StringComparison.Ordinal);

    [Fact]
    public void An_outbox_event_has_the_time_of_its_envelope()
    {
        var records = Run(TransformBench.Format("unwrap,outbox")).ToList();

        Assert.Equal([1_700_000_000_123, -1, -1], records.Select(r => r.TimestampMs));
    }

    [Fact]
    public void A_router_behind_another_sees_the_topic_that_the_first_has_chosen()
    {
        var format = TransformBench.Format(
            "router,second",
            "router.topic.regex=shop[.](.*)",
            "router.topic.replacement=a.$1",
            "second.type=ByLogicalTableRouter",
            "second.topic.regex=a[.](.*)",
            "second.topic.replacement=b.$1",
            "second.key.field.name=from");

        var record = new DecoderBench(format).Feed(TransformBench.Orders()).Records.First();

        Assert.Equal(("b.public.orders", "{\"id\":1,\"__dbz__physicalTableIdentifier\":\"shop.public.orders\",\"from\":\"a.public.orders\"}"), (record.Topic, record.Key));
    }

    [Theory]
    [InlineData("unwrap,partition", "partition behind unwrap", "partition.partition.payload.fields=change.id", "partition.partition.topic.num=3")]
    [InlineData("outbox,changes", "changes behind outbox")]
    public void A_transform_that_finds_nothing_to_do_is_warned_of(string transforms, string warning, params string[] options) =>
        Assert.Contains(warning, Assert.Single(TransformBench.Format(transforms, options).Transforms.Warnings), StringComparison.Ordinal);

    [Theory]
    [InlineData("filter,timezone", "filter before timezone", "filter.condition=value.after?.id == 1")]
    [InlineData("timezone", "does not go with TimezoneConverter", "timezone.predicate=p", "predicates=p", "predicates.p.type=HasHeaderKey", "predicates.p.name=x")]
    public void An_order_that_gives_something_else_than_Debeziums_is_refused(string transforms, string problem, params string[] options) =>
        Assert.Contains(
            problem,
            Assert.Throws<FormatException>(() => TransformBench.Format(transforms, [.. options, "timezone.converted.timezone=Europe/Paris"])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_filter_that_asks_for_no_column_may_stand_before_the_zone() =>
        Assert.Empty(TransformBench.Format("filter,timezone", "filter.condition=value.op == 'c'", "timezone.converted.timezone=Europe/Paris").Transforms.Warnings);

    [Fact]
    public void Heartbeats_go_through_untouched()
    {
        var plain = Heartbeat(DecoderBench.Format);

        Assert.Equal(plain, Heartbeat(TransformBench.Format("changes,partition,filter,unwrap,outbox", "partition.partition.payload.fields=change.id", "partition.partition.topic.num=3", "filter.condition=value.op == 'c'")));
        Assert.Equal(0, plain.Partition);
    }

    private static IEnumerable<RecordSeen> Run(EventFormat format) => new DecoderBench(format).Feed(TransformBench.Mixed()).Records;

    private static RecordSeen Heartbeat(EventFormat format)
    {
        var bench = new DecoderBench(format);
        bench.Decoder.Decode(new Postgres.Wal.WalBatch { ReceivedAtUnixNs = 1_700_000_000_123_456_789, Heartbeat = true });
        return Assert.Single(bench.Records);
    }
}
