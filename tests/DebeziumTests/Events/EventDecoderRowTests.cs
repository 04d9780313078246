using Penstock.Debezium.Events;
using Penstock.Debezium.Values;

namespace Penstock.DebeziumTests.Events;

/// <summary>Choices of the decoder that the corpus does not show, or shows only together with others.</summary>
public sealed class EventDecoderRowTests
{
    [Fact]
    public void The_own_schema_and_excluded_tables_give_no_event()
    {
        var script = new WalScript().Begin(1000).Relation(DecoderBench.Own, "penstock", "progress", 'd', ("id", DecoderBench.Int4, true))
            .Relation(DecoderBench.Hidden, "public", "hidden", 'd', ("id", DecoderBench.Int4, true))
            .Insert(900, DecoderBench.Own, "1").Insert(901, DecoderBench.Hidden, "1").Delete(902, DecoderBench.Own, 'K', "1").Commit(1000, 1080);
        var bench = new DecoderBench().Feed(script);
        Assert.Empty(bench.Records);
        Assert.DoesNotContain(Enumerable.Range(0, bench.Topics.Count).Select(bench.Topics.Name), t => t.Contains("progress", StringComparison.Ordinal));
    }

    [Fact]
    public void A_table_that_is_gone_from_the_catalogue_gets_its_key_from_the_relation_message()
    {
        const uint Gone = 29_999;
        var script = new WalScript().Begin(1000).Relation(Gone, "public", "gone", 'd', ("a", DecoderBench.Int4, true), ("b", DecoderBench.Text, false))
            .Insert(900, Gone, "7", "x").Commit(1000, 1080);
        var record = Assert.Single(new DecoderBench().Feed(script).Records);
        Assert.Equal(("shop.public.gone", "{\"a\":7}", "public.gone"), (record.Topic, record.Key, record.Table));
        Assert.Equal("x", EventJson.Member(record.Value!, "after", "b").GetString());
    }

    [Fact]
    public void A_null_of_a_column_that_is_gone_from_the_catalogue_stays_null_under_full_identity()
    {
        // FULL flags every column as part of the identity, which must not read as "not null": the null would become the type's empty value.
        var script = new WalScript().Begin(1000)
            .Relation(DecoderBench.Orders, "public", "orders", 'f', [.. DecoderBench.OrdersColumns.Select(c => (c.Item1, c.Item2, true)), ("dropped", DecoderBench.Text, true)])
            .Insert(900, DecoderBench.Orders, "1", "a", "n", null).Commit(1000, 1080);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, EventJson.Member(Assert.Single(new DecoderBench().Feed(script).Records).Value!, "after", "dropped").ValueKind);
    }

    [Fact]
    public void An_unchanged_toasted_value_comes_from_a_full_old_row_and_else_is_the_placeholder()
    {
        var script = Orders('f').Update(900, DecoderBench.Orders, ["1", "a", "long"], 'O', "1", "b", WalScript.Unchanged)
            .Update(901, DecoderBench.Orders, null, ' ', "1", "b", WalScript.Unchanged).Commit(1000, 1080);
        var records = new DecoderBench().Feed(script).Records.ToList();
        Assert.Equal("long", EventJson.Member(records[0].Value!, "after", "note").GetString());
        Assert.Equal("__debezium_unavailable_value", EventJson.Member(records[1].Value!, "after", "note").GetString());
    }

    [Fact]
    public void A_key_whose_text_differs_but_not_its_event_is_no_key_change()
    {
        // Under USING INDEX on state the old row has no id: its zero is the new id's zero.
        var script = Orders('i').Update(900, DecoderBench.Orders, [null, "a", null], 'K', "0", "b", null).Commit(1000, 1080);
        Assert.Equal('u', Assert.Single(new DecoderBench().Feed(script).Records).Operation);
    }

    [Fact]
    public void A_delete_of_a_keyless_table_is_followed_by_nothing_at_all_with_tombstones()
    {
        var script = new WalScript().Begin(1000).Relation(DecoderBench.Journal, "public", "journal", 'f', ("line", DecoderBench.Text, true))
            .Delete(900, DecoderBench.Journal, 'O', "x").Commit(1000, 1080);
        var records = new DecoderBench().Feed(script).Records.ToList();
        Assert.Equal([('d', (string?)null, true), ('x', null, false)], records.Select(r => (r.Operation, r.Key, r.Value is not null)));
        Assert.Single(new DecoderBench(DecoderBench.Format with { TombstonesOnDelete = false }).Feed(script).Records);
    }

    [Fact]
    public void A_relation_sent_again_with_another_column_is_another_plan()
    {
        var script = Orders('d').Insert(900, DecoderBench.Orders, "1", "a", null)
            .Relation(DecoderBench.Orders, "public", "orders", 'd', [.. DecoderBench.OrdersColumns, ("extra", DecoderBench.Text, false)])
            .Insert(901, DecoderBench.Orders, "2", "a", null, "more").Commit(1000, 1080);
        var records = new DecoderBench().Feed(script).Records.ToList();
        Assert.False(EventJson.Member(records[0].Value!, "after").TryGetProperty("extra", out _));
        Assert.Equal("more", EventJson.Member(records[1].Value!, "after", "extra").GetString());
    }

    [Fact]
    public void A_relation_that_changes_inside_of_a_transaction_goes_on_counting()
    {
        var script = Orders('d').Insert(900, DecoderBench.Orders, "1", "a", null)
            .Relation(DecoderBench.Orders, "public", "orders", 'd', [.. DecoderBench.OrdersColumns, ("extra", DecoderBench.Text, false)])
            .Insert(901, DecoderBench.Orders, "2", "a", null, "more").Commit(1000, 1080);
        var records = new DecoderBench(DecoderBench.Format with { TransactionMetadata = true }).Feed(script).Records.ToList();
        Assert.Equal("bcce", new string([.. records.Select(r => r.Operation)]));
        Assert.Equal(2, EventJson.Member(records[2].Value!, "transaction", "data_collection_order").GetInt64());
        Assert.Equal(1, EventJson.Member(records[3].Value!, "data_collections").GetArrayLength());
        Assert.Equal([0L, 1, 2, 3], records.Select(r => r.Ordinal));
    }

    [Fact]
    public void A_transaction_of_the_pipelines_own_notes_moves_the_position_and_leaves_no_trace_in_events()
    {
        var script = Orders('d').Insert(900, DecoderBench.Orders, "1", "a", null).Commit(1000, 1080)
            .Begin(1200).Relation(DecoderBench.Own, "penstock", "progress", 'd', ("id", DecoderBench.Int4, true)).Insert(1190, DecoderBench.Own, "1").Commit(1200, 1280)
            .Begin(1400).Insert(1390, DecoderBench.Orders, "2", "a", null).Commit(1400, 1480);
        var bench = new DecoderBench(DecoderBench.Format with { TransactionMetadata = true }).Feed(script);
        Assert.Equal("bcebce", new string([.. bench.Records.Select(r => r.Operation)]));
        Assert.Equal("[\"1080\",\"1390\"]", EventJson.Member(bench.Records.ElementAt(4).Value!, "source", "sequence").GetString());

        // What comes behind it outside of transactions does not bring its BEGIN back.
        var behind = new WalScript().Begin(1200).Relation(DecoderBench.Own, "penstock", "progress", 'd', ("id", DecoderBench.Int4, true)).Insert(1190, DecoderBench.Own, "1").Commit(1200, 1280)
            .Message(1300, transactional: false, "p", "hello");
        foreach (var compat in new[] { CompatMode.StrictDebezium, CompatMode.Correct })
        {
            var records = new DecoderBench(DecoderBench.Format with { TransactionMetadata = true, Values = new ValueModes { Compat = compat } }).Feed(behind).Records;
            Assert.Equal("m", new string([.. records.Select(r => r.Operation)]));
        }

        // Together with somebody else's change it is a transaction like any other.
        var mixed = Orders('d').Relation(DecoderBench.Own, "penstock", "progress", 'd', ("id", DecoderBench.Int4, true)).Insert(890, DecoderBench.Own, "1")
            .Insert(900, DecoderBench.Orders, "1", "a", null).Commit(1000, 1080);
        Assert.Equal("bce", new string([.. new DecoderBench(DecoderBench.Format with { TransactionMetadata = true }).Feed(mixed).Records.Select(r => r.Operation)]));
        Assert.Equal(1280UL, new DecoderBench().Feed(new WalScript().Begin(1200).Relation(DecoderBench.Own, "penstock", "progress", 'd', ("id", DecoderBench.Int4, true))
            .Insert(1190, DecoderBench.Own, "1").Commit(1200, 1280)).Batches.Single().Position);
    }

    [Fact]
    public void A_relation_message_makes_the_catalogue_be_read_anew()
    {
        var bench = new DecoderBench().Feed(Orders('d').Insert(900, DecoderBench.Orders, "1", "a", null).Commit(1000, 1080));
        Assert.Equal([DecoderBench.Orders], bench.Invalidated);
    }

    [Fact]
    public void A_message_outside_of_transactions_has_its_own_identity_and_moves_no_position()
    {
        var bench = new DecoderBench().Feed(new WalScript().Message(555, transactional: false, "p\"x", "hello"));
        var batch = Assert.Single(bench.Batches);
        var record = Assert.Single(batch.Records);
        Assert.Equal((555UL, 0L, 'm', "shop.message", 0UL), (record.CommitLsn, record.Ordinal, record.Operation, record.Topic, batch.Position));
        Assert.Equal("{\"prefix\":\"p\\\"x\"}", record.Key);
        Assert.Equal("aGVsbG8=", EventJson.Member(record.Value!, "message", "content").GetString());
    }

    [Fact]
    public void Skipped_operations_take_no_ordinal()
    {
        var script = Orders('d').Insert(900, DecoderBench.Orders, "1", "a", null).Update(901, DecoderBench.Orders, null, ' ', "1", "b", null).Commit(1000, 1080);
        var record = Assert.Single(new DecoderBench(DecoderBench.Format with { SkippedOperations = EventOperations.Create }).Feed(script).Records);
        Assert.Equal(('u', 0L), (record.Operation, record.Ordinal));
    }

    private static WalScript Orders(char identity) => new WalScript().Begin(1000).Relation(DecoderBench.Orders, "public", "orders", identity, DecoderBench.OrdersColumns);
}
