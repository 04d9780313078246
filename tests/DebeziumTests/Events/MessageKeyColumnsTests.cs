using Penstock.Debezium.Events;

namespace Penstock.DebeziumTests.Events;

/// <summary>Seen in Debezium 3.6.1: columns are patterns like tables, every entry counts.</summary>
public sealed class MessageKeyColumnsTests
{
    [Theory]
    [InlineData("public.t:b,a", "b,a")]
    [InlineData("public.t:b,a;public.t:id", "b,a,id")]
    [InlineData("PUBLIC.T: A , D ", "a,D")]
    [InlineData("public.t:nope", "")]
    [InlineData("public.t:nope,a", "a")]
    [InlineData("t:a", "")]
    [InlineData(".*:.*", "id,a,b,D")]
    [InlineData("public.t:a;.*:a", "a")]
    public void Columns_that_match_make_the_key_in_the_order_of_the_option(string option, string columns) =>
        Assert.Equal(columns, string.Join(',', MessageKeyColumns.Parse(option).Find("public", "t", ["id", "a", "b", "D"])));
}
