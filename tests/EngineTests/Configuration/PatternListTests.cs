using Penstock.Engine.Configuration;

namespace Penstock.EngineTests.Configuration;

public sealed class PatternListTests
{
    private static PatternList Parse(string text)
    {
        Assert.True(PatternList.TryParse(text, out var list, out var problem), problem);
        return list;
    }

    [Theory]
    [InlineData("public.orders", "public.orders", true)]
    [InlineData("public.orders", "PUBLIC.Orders", true)]
    [InlineData("public.orders", "public.orders2", false)]
    [InlineData("public.orders", "xpublic.orders", false)]
    [InlineData("public.orders", "public.orders\n", false)]
    [InlineData("public\\.(a|b)", "public.b", true)]
    [InlineData("public.a|public.b", "public.ax", false)]
    [InlineData(" public.a , public.b ,", "public.b", true)]
    [InlineData("public\\.t\\d{1\\,2}", "public.t12", true)]
    [InlineData("public\\.t\\d{1\\,2}", "public.t123", false)]
    [InlineData("public\\.(?!secret).*", "public.orders", true)]
    [InlineData("public\\.(?!secret).*", "public.secrets", false)]
    public void Expressions_match_whole_names(string text, string name, bool matches) => Assert.Equal(matches, Parse(text).Matches(name));

    [Theory]
    [InlineData("a[", "expression 1 is no regular expression: UnterminatedBracket at character 3")]
    [InlineData("ok,a)(b", "expression 2 is no regular expression: InsufficientOpeningParentheses at character ")]
    [InlineData(" , ", "has no expression in it")]
    public void A_bad_expression_is_named(string text, string expected)
    {
        Assert.False(PatternList.TryParse(text, out var list, out var problem));
        Assert.Null(list);
        Assert.StartsWith(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Expressions_that_match_nothing_are_found() =>
        Assert.Equal(["public.x"], Parse("public.a,public.x,.*b").SourcesWithoutMatch(["public.a", "public.b"]));

    [Fact]
    public void An_explosive_expression_stays_linear()
    {
        var name = new string('a', 190) + "!";
        Assert.False(Parse("(a+)+").Matches(name));
    }
}
