using System.Text;
using Penstock.Engine.Flow;

namespace Penstock.EngineTests.Flow;

public class EventPositionTests
{
    [Theory]
    [InlineData(0UL, 0L, "0/0:0")]
    [InlineData(0x16B3748UL, 17L, "0/16B3748:17")]
    [InlineData(0x1A_0000_00FFUL, 1_000_000L, "1A/FF:1000000")]
    [InlineData(ulong.MaxValue, long.MaxValue, "FFFFFFFF/FFFFFFFF:9223372036854775807")]
    public void It_is_written_as_Postgres_writes_an_lsn_and_the_ordinal(ulong lsn, long ordinal, string expected)
    {
        var position = new EventPosition(lsn, ordinal);
        Assert.Equal(expected, position.ToString());
        byte[] bytes = new byte[EventPosition.MostBytes];
        Assert.Equal(expected, Encoding.ASCII.GetString(bytes, 0, position.Format(bytes)));
    }
}
