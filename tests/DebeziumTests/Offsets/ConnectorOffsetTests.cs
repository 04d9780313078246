using System.Text;
using Penstock.Debezium.Offsets;

namespace Penstock.DebeziumTests.Offsets;

public class ConnectorOffsetTests
{
    private const string Key = "[\"inventory\",{\"server\":\"shop\"}]";

    [Fact]
    public void The_positions_are_read_and_the_furthest_counts()
    {
        var offset = Read("{\"lsn_proc\":2220631160,\"messageType\":\"INSERT\",\"lsn_commit\":2220631100,\"lsn\":2220631161,\"txId\":7271,\"ts_usec\":1795324342356737}");
        Assert.Equal(("inventory", "shop", 2220631161UL, 2220631160UL, 2220631100UL, 7271L), (offset.Connector, offset.TopicPrefix, offset.Lsn, offset.ProcessedLsn, offset.CommitLsn, offset.TransactionId));
        Assert.Equal((2220631161UL, false, null, null), (offset.FurthestLsn, offset.IsReset, offset.OpenSnapshot, offset.OpenIncremental));
    }

    [Theory]
    // As Debezium 3.6.1 stores them: at the end of a snapshot, in the middle, of a blocking one, and behind an incremental one.
    [InlineData("{\"last_snapshot_record\":true,\"lsn\":5,\"txId\":7,\"snapshot\":\"INITIAL\",\"snapshot_completed\":true}", null)]
    [InlineData("{\"last_snapshot_record\":false,\"lsn\":5,\"snapshot\":\"INITIAL\",\"snapshot_completed\":false}", "INITIAL")]
    [InlineData("{\"lsn\":5,\"snapshot\":\"BLOCKING\",\"snapshot_completed\":false}", "BLOCKING")]
    [InlineData("{\"lsn\":5,\"snapshot\":\"INCREMENTAL\"}", null)]
    // Versions before 3.
    [InlineData("{\"last_snapshot_record\":true,\"lsn\":5,\"snapshot\":true}", null)]
    [InlineData("{\"last_snapshot_record\":false,\"lsn\":5,\"snapshot\":true}", "true")]
    [InlineData("{\"lsn\":5}", null)]
    public void A_snapshot_is_open_until_its_last_record(string value, string? open) => Assert.Equal(open, Read(value).OpenSnapshot);

    [Fact]
    public void An_incremental_snapshot_is_open_while_it_has_tables()
    {
        Assert.NotNull(Read("{\"lsn\":5,\"incremental_snapshot_collections\":\"[{\\\"incremental_snapshot_collections_id\\\":\\\"public.a\\\"}]\"}").OpenIncremental);
        Assert.Null(Read("{\"lsn\":5,\"incremental_snapshot_collections\":\"[]\"}").OpenIncremental);
    }

    [Theory]
    [InlineData("[\"files\",{\"filename\":\"x\"}]")]
    [InlineData("[\"one\"]")]
    [InlineData("{\"server\":\"shop\"}")]
    [InlineData("no JSON")]
    [InlineData("")]
    public void Other_connectors_keys_are_not_its_own(string key) => Assert.False(ConnectorOffset.TryRead(Encoding.UTF8.GetBytes(key), "{}"u8, out _));

    [Fact]
    public void A_deleted_offset_is_told_from_one_that_cannot_be_understood()
    {
        Assert.True(Read("").IsReset);
        Assert.Throws<MalformedOffsetException>(() => Read("7"));
        Assert.Throws<MalformedOffsetException>(() => Read("{"));
        Assert.Equal(0UL, Read("{\"lsn\":\"text\",\"lsn_proc\":1.5}").FurthestLsn);
    }

    private static ConnectorOffset Read(string value)
    {
        Assert.True(ConnectorOffset.TryRead(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes(value), out var offset));
        return offset!;
    }
}
