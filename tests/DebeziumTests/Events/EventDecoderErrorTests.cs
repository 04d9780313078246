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
    public void A_refused_key_leaves_nothing_behind_in_the_room_for_keys()
    {
        string longer = new('n', 20_000);
        var bench = new DecoderBench(DecoderBench.Format with { MessageKeys = MessageKeyColumns.Parse("public.orders:note,id") });
        Assert.Throws<UndecodableEventException>(() => bench.Feed(Row().Update(900, DecoderBench.Orders, ["1", "new", "x"], 'O', Secret, "new", "x")));
        bench.Feed(new WalScript().Update(901, DecoderBench.Orders, ["1", "new", longer], 'O', "2", "new", longer));
        Assert.Equal("dxc", string.Concat(bench.Records.Select(r => r.Operation)));
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

    [Theory]
    [InlineData("42 0000000000000001 0000000000000001 00000001 00", "1 bytes behind the end")]
    [InlineData("43 00 0000000000000001 0000000000000001 0000000000000001 FF", "1 bytes behind the end")]
    [InlineData("4F 0000000000000001 6100 61", "1 bytes behind the end")]
    [InlineData("59 00004E20 6100 6200 00", "1 bytes behind the end")]
    [InlineData("59 00004E20 6100 62", "a string without end")]
    [InlineData("54 FFFFFFFF 00", "a truncate of -1 relations")]
    [InlineData("54 00000002 00 00004E21", "a truncate of 2 relations")]
    [InlineData("54 00000001 00 00004E21 00004E21", "a truncate of 1 relations")]
    [InlineData("52 00004E21 6100 6200 64 7FFF 00", "relation 20001 with 32767 columns")]
    [InlineData("52 00004E21 6100 6200 64 0000 00", "1 bytes behind the end")]
    public void A_message_that_is_longer_or_shorter_than_it_says_is_refused(string hex, string message)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        AssertFails(bytes[0] == (byte)'B' ? new WalScript().Raw(bytes, 900) : Row().Raw(bytes, 900), message);
    }

    [Theory]
    [InlineData("54 00000001 00 00004E21", "a truncate outside of a transaction")]
    [InlineData("4D 01 0000000000000001 6100 00000000", "a transactional message outside of a transaction")]
    public void What_belongs_to_a_transaction_is_refused_outside_of_one(string hex, string message) =>
        AssertFails(new WalScript().Raw(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), 900), message);

    [Fact]
    public void Two_columns_of_one_field_name_are_refused_by_name()
    {
        var script = new WalScript().Begin(1000).Relation(DecoderBench.Orders, "public", "orders", 'd', ("a-b", DecoderBench.Int4, true), ("a_b", DecoderBench.Text, false));
        var bench = new DecoderBench(DecoderBench.Format with { Names = new NameRules { FieldNames = NameAdjustment.Avro } });
        Assert.Contains("columns a-b and a_b of public.orders both become the field a_b", Assert.Throws<UndecodableEventException>(() => bench.Feed(script)).Message, StringComparison.Ordinal);
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
