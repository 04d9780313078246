using System.Text;
using FsCheck.Xunit;
using Penstock.Engine.Operations;

namespace Penstock.EngineTests.Operations;

public sealed class LogTextTests
{
    private static string Line(string key, string value, int mostBytes = 100_000)
    {
        var line = new StringBuilder();
        LogText.AppendPair(line, key, value, mostBytes);
        return line.ToString();
    }

    [Theory]
    [InlineData("plain-1.5", "k=plain-1.5")]
    [InlineData("", "k=\"\"")]
    [InlineData("two words", "k=\"two words\"")]
    [InlineData("a=b", "k=\"a=b\"")]
    [InlineData("say \"hi\"\\", "k=\"say \\\"hi\\\"\\\\\"")]
    [InlineData("a\nb\tc\r", "k=\"a\\nb\\tc\\r\"")]
    [InlineData("\u001b[31m\u2028\u0085", "k=\"\\u001b[31m\\u2028\\u0085\"")]
    [InlineData("Grüße 🙂", "k=\"Grüße 🙂\"")]
    public void Values_are_quoted_and_escaped(string value, string expected) => Assert.Equal(expected, Line("k", value));

    [Fact]
    public void Keys_cannot_start_another_pair() => Assert.Equal("a_b_c#d=1", Line("a b=c#d", "1"));

    [Property]
    public bool Any_text_comes_back(string? text)
    {
        // A lone surrogate is no text; JSON readers refuse or replace it.
        var value = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? ""));
        var line = Line("k", value);
        return !line.Any(static c => char.IsControl(c)) && LogfmtReader.Read(line) is [{ Key: "k", Value: var read }] && read == value;
    }

    [Property]
    public bool No_text_breaks_the_bound(string? text, ushort most) => Encoding.UTF8.GetByteCount(Line("k", (text ?? "") + "ü\u0001", most)) <= most + "k=\"\"...".Length;

    [Fact]
    public void A_lone_surrogate_is_escaped() => Assert.Equal("k=\"a\\ud800b\"", Line("k", "a\ud800b"));
}
