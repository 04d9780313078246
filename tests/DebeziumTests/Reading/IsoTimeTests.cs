using System.Text;
using Penstock.Debezium.Reading.Fields;

namespace Penstock.DebeziumTests.Reading;

public class IsoTimeTests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("2000-01-01T00:00:00.000001Z", 946684800000001)]
    [InlineData("1969-12-31T23:59:59.5Z", -500000)]
    [InlineData("2026-02-28T12:00:00.123456+02:00", 1772272800123456)]
    [InlineData("2026-02-28T12:00:00", 1772280000000000)]
    [InlineData("2026-02-28", 1772236800000000)]
    public void Timestamps_are_microseconds_since_1970(string text, long expected)
    {
        Assert.True(IsoTime.TryTimestamp(Encoding.UTF8.GetBytes(text), out long us));
        Assert.Equal(expected, us);
    }

    [Theory]
    [InlineData("-0043-03-15", -735160)]
    [InlineData("+12345-01-01", 3789391)]
    [InlineData("0000-03-01", -719468)]
    public void Years_may_be_before_1_and_beyond_9999(string text, long expected)
    {
        Assert.True(IsoTime.TryDate(Encoding.UTF8.GetBytes(text), out long days, out _));
        Assert.Equal(expected, days);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026")]
    [InlineData("2026-13-01")]
    [InlineData("2026-01-01T")]
    [InlineData("2026-01-01T25:00:00Z")]
    [InlineData("2026-01-01T00:00:00X")]
    public void Anything_else_is_none(string text) => Assert.False(IsoTime.TryTimestamp(Encoding.UTF8.GetBytes(text), out _));
}
