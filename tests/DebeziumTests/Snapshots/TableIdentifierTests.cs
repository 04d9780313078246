using Penstock.Debezium.Snapshots;

namespace Penstock.DebeziumTests.Snapshots;

public sealed class TableIdentifierTests
{
    [Theory]
    [InlineData("public.inc", "public", "inc")]
    [InlineData(" public . inc ", "public", "inc")]
    [InlineData("shop.public.inc", "public", "inc")]
    [InlineData("\"public\".\"Mixed Case\"", "public", "Mixed Case")]
    [InlineData("public.\"a.\"\"b\"", "public", "a.\"b")]
    [InlineData("`x`.'y'", "x", "y")]
    public void Names_are_read_with_and_without_quotes(string text, string schema, string table)
    {
        Assert.True(TableIdentifier.TryParse(text, out string s, out string t));
        Assert.Equal((schema, table), (s, t));
    }

    [Theory]
    [InlineData("")]
    [InlineData("inc")]
    [InlineData("public.Mixed Case")]
    [InlineData("public.")]
    [InlineData(".inc")]
    [InlineData("a.b.c.d")]
    [InlineData("\"public.inc")]
    [InlineData("public..inc")]
    public void What_is_no_name_is_refused(string text) => Assert.False(TableIdentifier.TryParse(text, out _, out _));
}
