using Penstock.Debezium.Events;
using Penstock.DebeziumTests.Events;

namespace Penstock.DebeziumTests.Transforms.Conditions;

/// <summary>Conditions over two inserts (1 and 5), an update of 5 and a delete of 1; the tombstone is kept unless the condition is asked about it.</summary>
public sealed class ConditionTests
{
    [Theory]
    [InlineData("value.op == 'c' && value.after.id > 2", "c5 x1")]
    [InlineData("value.op == 'u' && value.before.state != value.after.state", "u5 x1")]
    [InlineData("value.op == \"u\" && value.before.id == value.after.id", "u5 x1")]
    [InlineData("value.op in ['c', 'd']", "c1 c5 d1 x1")]
    [InlineData("value.op not in ('c', 'd')", "u5 x1")]
    [InlineData("value.op !in ['c']", "u5 d1 x1")]
    [InlineData("!(value.op == 'c' || value.op == 'd')", "u5 x1")]
    [InlineData("value.after?.id == 5", "c5 u5 x1")]
    [InlineData("value.after == null", "d1 x1")]
    [InlineData("value.before is null", "c1 c5 x1")]
    [InlineData("value.before is not null && value.after != null", "u5 x1")]
    [InlineData("value['op'] == 'c' && value.get('after').get('id') <= 1", "c1 x1")]
    [InlineData("key.id == 1", "c1 d1 x1")]
    [InlineData("key.id >= 1L && key.id < 5.5", "c1 c5 u5 d1 x1")]
    [InlineData("key.id == 1.0e0 && key.id > -3", "c1 d1 x1")]
    [InlineData("topic == 'shop.public.orders' && value.source.table == 'orders'", "c1 c5 u5 d1 x1")]
    [InlineData("topic.endsWith('.customers')", "x1")]
    [InlineData("value.op == 'c' && value.after.note == null", "c1 x1")]
    [InlineData("value.op == 'c' && value.after.note < 'b'", "c1 c5 x1")]
    [InlineData("value.op == 'c' && value.after.note > null", "c5 x1")]
    [InlineData("value.op == 'c' && value.after.note == 'a \"quoted\"\\nnote\\u2603'", "c5 x1")]
    [InlineData("value.op == 'c' && value.after.note?.contains('\"\\nnote')", "c5 x1")]
    [InlineData("value.op == 'c' && value.after.note?.endsWith('n')", "x1")]
    [InlineData("value.after?.state ==~ /pa.d|s.*/", "c5 u5 x1")]
    [InlineData("value.after?.state matches 'pa'", "x1")]
    [InlineData("value.after?.state =~ 'a'", "c5 x1")]
    [InlineData("value.op == 'c' && value.after.state.matches('n[e]w')", "c1 x1")]
    [InlineData("value.op == 'c' && value.after.state.startsWith('pa') == true", "c5 x1")]
    [InlineData("value.op == 'c' && value.after.state.equals('new')", "c1 x1")]
    [InlineData("value.source.lsn >= 902 && value.source.snapshot == 'false'", "u5 d1 x1")]
    [InlineData("value.source.db == 'shop' && value.transaction == null && value.ts_ms > 0", "c1 c5 u5 d1 x1")]
    [InlineData("(value.op == 'c' ? value.after.id : 0) == 5", "c5 x1")]
    [InlineData("value.source.schema + '.' + value.source.table == 'public.orders' && value.op != 'c'", "u5 d1 x1")]
    [InlineData("header['__debezium.newkey'] == null", "c1 c5 u5 d1 x1")]
    [InlineData("true", "c1 c5 u5 d1 x1")]
    public void A_condition_keeps_the_records_for_which_it_holds(string condition, string kept) => Assert.Equal(kept, Run(condition));

    [Theory]
    [InlineData("keep", "value.op == 'c'", "c1 c5 x1")]
    [InlineData("drop", "true", "c1 c5 u5 d1")]
    [InlineData("evaluate", "value?.op == 'c'", "c1 c5")]
    [InlineData("evaluate", "value == null || value.op == 'd'", "d1 x1")]
    [InlineData("evaluate", "key.id == 1", "c1 d1 x1")]
    public void Tombstones_are_kept_dropped_or_asked_about(string mode, string condition, string kept) => Assert.Equal(kept, Run(condition, $"filter.null.handling.mode={mode}"));

    [Fact]
    public void Only_topics_that_match_are_asked_about() => Assert.Equal("c1 c5 u5 d1 x1", Run("value.nothing == 1", "filter.topic.regex=other.*"));

    [Theory]
    [InlineData("value.after.id > 2", "table public.orders: in the expression, column 1: value.after is null in this record (operation d), so there is no value.after.id: ask for value.op first, or write value.after?.id")]
    [InlineData("value.op == 'd' && value.before.total > 2", "column 20: there is no value.before.total in this record (operation d)")]
    [InlineData("value.op == 'c' && value.after.id == '1'", "column 35: a number is compared with a text")]
    [InlineData("value.op == 'c' && value.after.state > 1", "a text is compared with a number")]
    [InlineData("value.op == 'c' && value.after.note.contains('a')", "there is no value.after.note in this record (operation c)")]
    [InlineData("value.op && true", "a text stands where a condition is needed")]
    [InlineData("value.op", "the condition is a text, neither true nor false")]
    [InlineData("value.after?.note", "the condition is null for this record")]
    [InlineData("value.after == value.before", "a struct")]
    public void What_a_record_cannot_answer_stops_the_pipeline_instead_of_losing_it(string condition, string problem)
    {
        var error = Assert.Throws<UndecodableEventException>(() => Run(condition));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("paid", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("value.op == 'c' && value.after.id > 2", "m")]
    [InlineData("value.op != 'm'", "")]
    [InlineData("value.op == 'm' && value.message.prefix == 'note'", "m")]
    [InlineData("key.prefix == 'other'", "")]
    [InlineData("topic != 'shop.message'", "")]
    [InlineData("value.source.table == 'orders'", "")]
    public void A_message_is_asked_as_far_as_it_has_the_fields_and_kept_otherwise(string condition, string kept)
    {
        var bench = new DecoderBench(TransformBench.Format("filter", $"filter.condition={condition}")).Feed(new WalScript().Begin(1000).Message(900, true, "note", "secret").Commit(1000, 1080));

        // Short-circuit: 'm' is no 'c', so the first condition is false before it comes to the row.
        Assert.Equal(condition.StartsWith("value.op == 'c'", StringComparison.Ordinal) ? "" : kept, string.Concat(bench.Records.Select(r => r.Operation)));
    }

    [Theory]
    [InlineData("value.op == 'c'", "be")]
    [InlineData("topic.endsWith('.orders')", "")]
    public void Transactions_have_other_fields_than_rows(string condition, string kept)
    {
        var format = TransformBench.Format("filter", $"filter.condition={condition}") with { TransactionMetadata = true };
        var bench = new DecoderBench(format).Feed(new WalScript().Begin(1000).Commit(1000, 1080));

        Assert.Equal(kept, string.Concat(bench.Records.Select(r => r.Operation)));
    }

    [Theory]
    [InlineData("unwrap,filter", "value.state == 'paid'", "c5")]
    [InlineData("unwrap,filter", "value.state != 'paid' && value.__op != 'u' && header.__op.value == 'c'", "c1")]
    [InlineData("filter,unwrap", "value.op == 'c' && value.after.state == 'paid'", "c5")]
    public void What_a_condition_sees_depends_on_its_place_in_the_chain(string transforms, string condition, string kept)
    {
        var format = TransformBench.Format(transforms, $"filter.condition={condition}", "unwrap.delete.tombstone.handling.mode=drop", "unwrap.add.fields=op", "unwrap.add.headers=op");

        Assert.Equal(kept, TransformBench.Short(new DecoderBench(format).Feed(TransformBench.Orders()).Records));
    }

    [Fact]
    public void What_is_left_out_is_counted_and_its_position_is_reached()
    {
        var bench = new DecoderBench(TransformBench.Format("filter", "filter.condition=value.op == 'x'", "filter.null.handling.mode=drop")).Feed(TransformBench.Orders());

        Assert.Empty(bench.Records);
        Assert.Equal(("filter", "records", 5L), Assert.Single(bench.Decoder.LeftOutByTransforms));
        Assert.Equal(1080UL, bench.Batches[^1].Position);
    }

    private static string Run(string condition, params string[] options) =>
        TransformBench.Short(new DecoderBench(TransformBench.Format("filter", [$"filter.condition={condition}", .. options])).Feed(TransformBench.Orders()).Records);
}
