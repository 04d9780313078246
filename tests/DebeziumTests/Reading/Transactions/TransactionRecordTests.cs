using System.Text;
using Penstock.Debezium.Reading;
using Penstock.Debezium.Reading.Transactions;
using Penstock.Postgres.Apply;

namespace Penstock.DebeziumTests.Reading.Transactions;

public class TransactionRecordTests
{
    private const string Change =
        """{"before":null,"after":{"id":1},"source":{"ts_ms":1000,"snapshot":"false","sequence":"[\"50\",\"60\"]","lsn":60,"schema":"pub\"lic","table":"t"},"transaction":{"id":"766:60","total_order":3,"data_collection_order":2},"op":"c"}""";

    private const string End = """{"status":"END","id":"766:90","event_count":4,"data_collections":[{"data_collection":"public.a","event_count":1},{"data_collection":"public.b","event_count":2}],"ts_ms":1000}""";

    [Theory]
    [InlineData("%")]
    [InlineData("{\"schema\":{\"type\":\"struct\",\"fields\":[]},\"payload\":%}")]
    [InlineData("{\"specversion\":\"1.0\",\"data\":%}")]
    public void An_event_says_its_transaction_without_the_positions_that_its_records_do_not_share(string around)
    {
        byte[] value = Bytes(around.Replace("%", Change, StringComparison.Ordinal));
        Assert.Equal(EventMembership.Member, EventTransaction.Of(value, out var place));
        Assert.Equal(new EventTransaction(766, 3, new SourcePosition(50, 60, 1000, 3)), place);
        Assert.Equal("pub\"lic.t", EventTransaction.CollectionOf(value));
    }

    [Theory]
    [InlineData("\"snapshot\":\"false\"", "\"snapshot\":\"incremental\"", EventMembership.Alone)]
    [InlineData("\"snapshot\":\"false\"", "\"snapshot\":\"last\"", EventMembership.Alone)]
    [InlineData("\"op\":\"c\"", "\"op\":\"m\"", EventMembership.Alone)]
    [InlineData("\"op\":\"c\"}", "\"op\":", EventMembership.Alone)]
    [InlineData("\"transaction\":{", "\"x\":{", EventMembership.Unknown)]
    [InlineData("\"op\":\"c\"", "\"__op\":\"c\"", EventMembership.Unknown)]
    public void A_record_of_no_transaction_is_told_from_one_that_does_not_say(string part, string other, EventMembership expected) =>
        Assert.Equal(expected, EventTransaction.Of(Bytes(Change.Replace(part, other, StringComparison.Ordinal)), out _));

    [Theory]
    [InlineData("%")]
    [InlineData("{\"schema\":{},\"payload\":%}")]
    public void An_end_says_how_many_events_each_table_has(string around)
    {
        Assert.True(TransactionEnd.TryRead(Bytes(around.Replace("%", End, StringComparison.Ordinal)), out var end));
        Assert.Equal((766, 3), (end!.Id, end.Events));
        Assert.Equal(new SourcePosition(0, 90, 1000, 0), end.Position);
        Assert.Equal([("public.a", 1L), ("public.b", 2L)], end.Collections);
    }

    [Theory]
    [InlineData("LOGICAL_DECODING_MESSAGE")]
    [InlineData("io.debezium.connector.postgresql.LogicalDecodingMessageMonitor$LogicalDecodingMessageId@5a06572f")]
    public void Messages_do_not_count(string collection)
    {
        Assert.True(TransactionEnd.TryRead(Bytes(End.Replace("public.b", collection, StringComparison.Ordinal)), out var end));
        Assert.Equal([("public.a", 1L)], end!.Collections);
    }

    [Fact]
    public void A_beginning_is_no_end() => Assert.False(TransactionEnd.TryRead("""{"status":"BEGIN","id":"766:60","event_count":null,"data_collections":null,"ts_ms":1000}"""u8, out _));

    [Theory]
    [InlineData("{\"id\":1}")]
    [InlineData("{\"status\":\"END\",\"id\":\"x\"}")]
    [InlineData("{\"status\":\"END\",\"id\":\"1:2\",\"data_collections\":[{}]}")]
    public void Another_record_is_malformed(string value) => Assert.Throws<MalformedEventException>(() => TransactionEnd.TryRead(Bytes(value), out _));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
