using Penstock.Debezium.Events;

namespace Penstock.DebeziumTests.Events;

/// <summary>What no rule covers stops the decoder with the place and without a value (invariant 6).</summary>
public sealed class EventDecoderErrorTests
{
    private const string Secret = "s3cret";

    [Fact]
    public void A_value_that_its_type_never_writes_names_lsn_table_column_and_type()
    {
        var bench = new DecoderBench();
        var script = Row().Insert(0x16_0000_0905, DecoderBench.Orders, Secret, "new", null);
        var error = Assert.Throws<UndecodableEventException>(() => bench.Feed(script));
        Assert.Equal((0x16_0000_0905UL, "public.orders", "id", "integer"), (error.Lsn, error.Table, error.Column, error.Type));
        Assert.Contains("16/905", error.Message, StringComparison.Ordinal);
        Assert.Contains("public.orders.id", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, bench.Pool.Outstanding);
    }

    [Fact]
    public void Records_before_the_undecodable_one_are_emitted_and_nothing_is_confirmed()
    {
        var bench = new DecoderBench();
        Assert.Throws<UndecodableEventException>(() => bench.Feed(Row().Insert(900, DecoderBench.Orders, "1", "new", null).Insert(901, DecoderBench.Orders, Secret, "new", null)));
        var batch = Assert.Single(bench.Batches);
        Assert.Single(batch.Records);
        Assert.Equal(0UL, batch.Position);
    }

    [Fact]
    public void A_row_of_an_unknown_relation_says_so() =>
        AssertFails(new WalScript().Begin(1000).Insert(900, 4711, "1"), "relation 4711");

    [Fact]
    public void A_row_outside_of_a_transaction_says_so() =>
        AssertFails(new WalScript().Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns).Insert(900, DecoderBench.Orders, "1", "new", null), "outside of a transaction");

    [Fact]
    public void A_row_with_another_number_of_columns_says_so() =>
        AssertFails(Row().Insert(900, DecoderBench.Orders, "1", Secret), "2 columns where the Relation message says 3");

    [Fact]
    public void A_message_type_of_another_protocol_version_says_so() =>
        AssertFails(new WalScript().Raw([(byte)'S', 0, 0, 0, 1, 1], 900), "0x53");

    [Fact]
    public void A_lying_length_reads_nothing_outside_of_the_message()
    {
        byte[] message = Row().Insert(900, DecoderBench.Orders, "1", "new", null).Bytes(2);
        // The length of the first column, behind type, OID, 'N', the number of columns and 't'.
        message[9] = 0x7f;
        AssertFails(Row().Raw(message, 900), "in a message of");
    }

    [Fact]
    public void Every_shortened_message_fails_as_malformed()
    {
        byte[] message = Row().Update(900, DecoderBench.Orders, ["1", Secret, "x"], 'O', "1", "new", Secret).Bytes(2);
        for (int length = 1; length < message.Length; length++)
        {
            AssertFails(Row().Raw(message[..length], 900), "cannot decode the change at 0/384");
        }
    }

    [Fact]
    public void A_failing_receiver_leaks_no_slab()
    {
        var bench = new DecoderBench(DecoderBench.Format with { MaxBatchRecords = 1 }) { Refuse = new InvalidOperationException("full") };
        Assert.Throws<InvalidOperationException>(() => bench.Feed(Row().Insert(900, DecoderBench.Orders, "1", "a", null).Insert(901, DecoderBench.Orders, "2", "b", null)));
        Assert.Equal(0, bench.Pool.Outstanding);
    }

    private static WalScript Row() => new WalScript().Begin(1000).Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns);

    private static void AssertFails(WalScript script, string message)
    {
        var bench = new DecoderBench();
        var error = Assert.Throws<UndecodableEventException>(() => bench.Feed(script));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, bench.Pool.Outstanding);
    }
}
