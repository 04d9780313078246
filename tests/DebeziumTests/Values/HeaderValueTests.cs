using Penstock.Debezium.Values;
using Penstock.DebeziumTests.Events;

namespace Penstock.DebeziumTests.Values;

/// <summary>Key columns in the text of a header (capture A27).</summary>
public sealed class HeaderValueTests
{
    private const uint Date = 1082;
    private const uint Time = 1083;
    private const uint Timestamp = 1114;

    [Theory]
    [InlineData(Date, "2020-01-01", "2020-01-01")]
    [InlineData(Date, "1970-01-01", "00:00:00.000Z")]
    [InlineData(Date, "1969-12-31", "00:00:00.000Z")]
    [InlineData(Date, "12020-01-01", "12020-01-01")]
    [InlineData(Time, "10:11:12.123456", "10:11:12.123Z")]
    [InlineData(Timestamp, "2020-01-01 00:00:00", "2020-01-01")]
    [InlineData(Timestamp, "2020-01-01 10:11:12.5", "2020-01-01T10:11:12.500Z")]
    [InlineData(Timestamp, "1969-12-31 10:11:12.5", "10:11:12.500Z")]
    public void A_date_of_Connect_is_a_text_that_its_value_alone_chooses(uint oid, string text, string header) =>
        Assert.Contains($"__debezium.oldkey={{\"key\":{header}}}", Headers(TimeMode.Connect, oid, text), StringComparison.Ordinal);

    [Fact]
    public void A_date_of_Debezium_is_the_number_that_the_key_has() => Assert.Contains("{\"key\":18262}", Headers(TimeMode.Adaptive, Date, "2020-01-01"), StringComparison.Ordinal);

    // The header of the row with the new key, which tells the old one.
    private static string Headers(TimeMode mode, uint oid, string oldKey)
    {
        const uint Keyed = 30_002;
        string newKey = oid == Time ? "00:00:01" : oid == Date ? "2001-02-03" : "2001-02-03 00:00:00";
        var script = new WalScript().Begin(1000).Relation(Keyed, "public", "keyed", 'd', ("key", oid, true)).Update(900, Keyed, [oldKey], 'K', newKey).Commit(1000, 1080);
        return new DecoderBench(DecoderBench.Format with { Values = new ValueModes { Time = mode } }).Feed(script).Records.Last().Headers;
    }
}
