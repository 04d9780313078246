using System.Text;
using Penstock.Debezium.Events;

namespace Penstock.DebeziumTests.Events;

public class TraceParentTests
{
    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-", false)]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false)]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01", false)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false)]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01", false)]
    [InlineData("00-0af7651916cd43dd8448eb211c8031\r\n-b7ad6b7169203331-01", false)]
    [InlineData("", false)]
    public void Only_what_the_specification_allows_is_one(string text, bool expected)
    {
        Assert.Equal(expected, TraceParent.IsValid(Encoding.UTF8.GetBytes(text)));
        var header = new TraceParent();
        header.Set(Encoding.UTF8.GetBytes(text));
        Assert.Equal(expected, header.IsSet);
        Assert.True(!expected || header.Entry.EndsWith(Encoding.UTF8.GetBytes(text)));
    }
}
