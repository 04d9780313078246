using System.Text;
using Penstock.Debezium.Values;

namespace Penstock.DebeziumTests.Values;

/// <summary>Text with many quotes and backslashes goes another way than plain text.</summary>
public sealed class JsonTextTests
{
    [Theory]
    [InlineData('"', 'a')]
    [InlineData('\\', 'x')]
    [InlineData('\\', '"')]
    [InlineData('"', '\u00e9')]
    [InlineData('"', '\n')]
    public void Every_pattern_of_a_block_is_escaped(char special, char other)
    {
        for (int bits = 0; bits < 1 << 16; bits++)
        {
            var text = new StringBuilder();
            var expected = new StringBuilder("\"");
            for (int i = 0; i < 17; i++)
            {
                char written = (bits >> i & 1) != 0 ? special : other;
                text.Append(written);
                expected.Append(written switch { '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", _ => written.ToString() });
            }

            string json = Encoded.Written(output => JsonText.WriteString(Encoding.UTF8.GetBytes(text.ToString()), output));
            if (json != expected.Append('"').ToString())
            {
                Assert.Fail($"{text} became {json}");
            }
        }
    }

    [Fact]
    public void A_long_text_of_quotes_is_escaped() =>
        Assert.Equal(
            $"\"{string.Concat(Enumerable.Repeat("\\\"", 2000))}\"",
            Encoded.Written(output => JsonText.WriteString(Encoding.UTF8.GetBytes(new string('"', 2000)), output)));
}
