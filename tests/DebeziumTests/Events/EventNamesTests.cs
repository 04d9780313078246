using Penstock.Debezium.Events;
using Penstock.Debezium.Values;

namespace Penstock.DebeziumTests.Events;

/// <summary>Names of topics and of collections at their limits, and options that cannot be read.</summary>
public sealed class EventNamesTests
{
    [Fact]
    public void A_topic_name_is_cut_at_Kafkas_limit()
    {
        var format = DecoderBench.Format with { TopicPrefix = new string('p', 300) };
        Assert.Equal(249, Topic(format).Length);
    }

    [Theory]
    [InlineData(".", "..public.orders")]
    [InlineData("a b", "a_b.public.orders")]
    public void A_prefix_keeps_only_what_Kafka_allows(string prefix, string topic) => Assert.Equal(topic, Topic(DecoderBench.Format with { TopicPrefix = prefix }));

    [Theory]
    [InlineData("tab\tx", "tab_u009x")]
    [InlineData("a-b", "a_u002db")]
    [InlineData("\u0101", "_u101")]
    [InlineData("\u65e5", "_u65e5")]
    public void A_character_is_written_by_its_number(string name, string adjusted)
    {
        const uint Named = 30_003;
        var script = new WalScript().Begin(1000).Relation(Named, "public", "named", 'd', (name, DecoderBench.Int4, true)).Insert(900, Named, "1").Commit(1000, 1080);
        var record = Assert.Single(new DecoderBench(DecoderBench.Format with { Names = new NameRules { FieldNames = NameAdjustment.AvroUnicode } }).Feed(script).Records);
        Assert.Equal($"{{\"{adjusted}\":1}}", record.Key);
    }

    [Theory]
    [InlineData(TopicNaming.Regex, "(.*)orders", "$1all", "shop.all", "shop.orders")]
    [InlineData(TopicNaming.Regex, "(.*)ORDERS", "$1all", "shop.orders", "shop.orders")]
    [InlineData(TopicNaming.Regex, "shop\\.orders", "a b", "a b", "shop.orders")]
    [InlineData(TopicNaming.SchemaRegex, "(.*)\\.(.*)\\.(.*)", "$1-$3.$2", "shop-orders.public", "shop.public.orders")]
    public void A_regex_strategy_rewrites_whole_names_as_they_are_spelt(TopicNaming strategy, string regex, string replacement, string topic, string physical)
    {
        var format = DecoderBench.Format with { Names = new NameRules { Strategy = strategy, TopicRegex = regex, TopicReplacement = replacement } };
        var record = Insert(format);
        Assert.Equal(topic, record.Topic);
        Assert.Equal($"{{\"id\":1,\"__dbz__physicalTableIdentifier\":\"{physical}\"}}", record.Key);
    }

    [Fact]
    public void The_key_field_of_a_regex_strategy_has_another_name_or_text_or_is_not_there()
    {
        var names = new NameRules { Strategy = TopicNaming.SchemaRegex, TopicRegex = ".*", TopicReplacement = "all", TopicKeyField = "from", TopicKeyRegex = "(.*)\\.(.*)\\.(.*)", TopicKeyReplacement = "$3" };
        Assert.Equal("{\"id\":1,\"from\":\"orders\"}", Insert(DecoderBench.Format with { Names = names }).Key);
        Assert.Equal("{\"id\":1}", Insert(DecoderBench.Format with { Names = names with { TopicKeyField = null } }).Key);
    }

    [Fact]
    public void A_message_outside_of_transactions_has_the_origin_of_the_last_one()
    {
        byte[] origin = [(byte)'O', 0, 0, 0, 0, 0, 0, 0xAB, 0xCD, .. "or1"u8, 0];
        var script = new WalScript().Begin(1000).Raw(origin, 0).Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns)
            .Insert(900, DecoderBench.Orders, "1", "new", null).Commit(1000, 1080).Message(1100, false, "p", "x")
            .Begin(1200).Insert(1150, DecoderBench.Orders, "2", "new", null).Commit(1200, 1280).Message(1300, false, "p", "x");
        Assert.Equal("or1 or1 - -", Origins(DecoderBench.Format, script));
        Assert.Equal("or1 - - -", Origins(DecoderBench.Format with { Values = new ValueModes { Compat = CompatMode.Correct } }, script));
    }

    [Theory]
    [InlineData("public.orders")]
    [InlineData("public.orders:")]
    [InlineData(":id")]
    [InlineData("(:id")]
    public void Broken_key_columns_are_refused_with_their_text(string option)
    {
        var error = Assert.Throws<FormatException>(() => MessageKeyColumns.Parse(option));
        Assert.Contains(option.Split(':')[0], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_heartbeat_goes_to_partition_0_of_its_topic()
    {
        var bench = new DecoderBench(DecoderBench.Format with { KeySchemas = true });
        bench.Decoder.Decode(new Postgres.Wal.WalBatch { ReceivedAtUnixNs = 1_700_000_000_123_456_789, Heartbeat = true });
        var record = Assert.Single(bench.Records);
        Assert.Equal(("__debezium-heartbeat.shop", "{\"ts_ms\":1700000000123}", 'h'), (record.Topic, record.Value, record.Operation));
        Assert.Equal("shop", EventJson.Member(record.Key!, "payload", "serverName").GetString());
    }

    [Fact]
    public void A_value_without_a_form_in_Debeziums_format_is_counted_by_column()
    {
        const uint Prices = 30_001;
        const uint Numeric = 1700;
        var script = new WalScript().Begin(1000).Relation(Prices, "public", "prices", 'd', ("id", DecoderBench.Int4, true), ("price", Numeric, false))
            .Insert(900, Prices, "1", "NaN").Insert(901, Prices, "2", "NaN").Insert(902, Prices, "3", null).Insert(903, Prices, "4", "1.5").Commit(1000, 1080);
        var bench = new DecoderBench().Feed(script);
        var (table, column, _, values) = Assert.Single(bench.Decoder.Unrepresented);
        Assert.Equal(("public.prices", "price", 2L), (table, column, values));
        Assert.Equal(4, bench.Records.Count());
    }

    [Fact]
    public void A_table_that_is_told_again_goes_on_counting_in_the_same_place()
    {
        const uint Prices = 30_001;
        const uint Numeric = 1700;
        const int Times = 3000;
        // Another replica identity makes the plan anew.
        WalScript Script(char identity) => new WalScript().Begin(1000)
            .Relation(Prices, "public", "prices", identity, ("id", DecoderBench.Int4, true), ("price", Numeric, false)).Insert(901, Prices, "1", "NaN").Commit(1000, 1080);
        WalScript[] scripts = [Script('d'), Script('f')];
        var bench = new DecoderBench();
        var allocated = new List<long>();
        for (int i = 0; i < Times; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            bench.Feed(scripts[i % 2]);
            allocated.Add(GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(("public.prices", "price", $"type {Numeric}", (long)Times), Assert.Single(bench.Decoder.Unrepresented));
        // A list that grew with every plan would by now be copied at 24 bytes for each column of each.
        Assert.True(allocated[^100..].Min() <= allocated[..100].Max(), $"{allocated[^100..].Min()} bytes at the end, {allocated[..100].Max()} in the beginning");
    }

    private static string Origins(EventFormat format, WalScript script) =>
        string.Join(' ', new DecoderBench(format).Feed(script).Records.Select(r => EventJson.Member(r.Value!, "source", "origin").GetString() ?? "-"));

    private static string Topic(EventFormat format) => Insert(format).Topic;

    private static RecordSeen Insert(EventFormat format)
    {
        var script = new WalScript().Begin(1000).Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns)
            .Insert(900, DecoderBench.Orders, "1", "new", null).Commit(1000, 1080);
        return Assert.Single(new DecoderBench(format).Feed(script).Records);
    }
}
