using Penstock.Engine.Configuration;

namespace Penstock.EngineTests.Configuration;

public class UnitTypesTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData(" 15 min ", 900)]
    [InlineData("12H", 43_200)]
    [InlineData("2d", 172_800)]
    public void A_time_has_a_unit(string text, int seconds)
    {
        Assert.Null(UnitTypes.Duration.Parse(text, out var value));
        Assert.Equal(TimeSpan.FromSeconds(seconds), value);
    }

    [Theory]
    [InlineData("64kb", 65_536L)]
    [InlineData("20GB", 21_474_836_480L)]
    [InlineData("1 TB", 1_099_511_627_776L)]
    public void A_size_has_a_unit_of_1024(string text, long bytes)
    {
        Assert.Null(UnitTypes.Bytes.Parse(text, out var value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0s")]
    [InlineData("12")]
    [InlineData("-3h")]
    [InlineData("1.5h")]
    [InlineData("h")]
    [InlineData("5 weeks")]
    [InlineData("99999999999999999999d")]
    [InlineData("9999999999999999d")]
    public void What_is_no_time_is_refused_in_words(string text)
    {
        Assert.Contains("such as 12h", UnitTypes.Duration.Parse(text, out _), StringComparison.Ordinal);
        Assert.Contains("such as 20GB", UnitTypes.Bytes.Parse(text, out _), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3600s", "1h")]
    [InlineData("90s", "90s")]
    public void A_time_is_shown_in_the_largest_unit_that_says_it(string text, string shown)
    {
        UnitTypes.Duration.Parse(text, out var value);
        Assert.Equal(shown, UnitTypes.Duration.Format(value));
    }
}
