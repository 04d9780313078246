using System.Text;
using Penstock.Debezium.Offsets;

namespace Penstock.DebeziumTests.Offsets;

public class OffsetFileTests
{
    /// <summary>What ObjectOutputStream of Java 17 writes of a HashMap of two byte arrays, one of whose values is null.</summary>
    private const string TwoEntries =
        "rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcAUH2sHDFmDRAwACRgAKbG9hZEZhY3RvckkACXRocmVzaG9sZHhwP0AAAAAAAAx3CAAAABAAAAACdXIAAltCrPMX+AYIVOACAAB4cAAAABdbImdvbmUiLHsic2VydmVyIjoieCJ9XXB1cQB+AAIAAAAfWyJpbnZlbnRvcnkiLHsic2VydmVyIjoic2hvcCJ9XXVxAH4AAgAAABN7ImxzbiI6MzgsInR4SWQiOjd9eA==";

    private const string AnArrayList = "rO0ABXNyABNqYXZhLnV0aWwuQXJyYXlMaXN0eIHSHZnHYZ0DAAFJAARzaXpleHAAAAABdwQAAAABdAABYXg=";

    [Fact]
    public void Keys_and_values_are_read_and_a_reset_offset_is_null()
    {
        var entries = OffsetFile.Parse(Convert.FromBase64String(TwoEntries));
        Assert.Equal(["[\"gone\",{\"server\":\"x\"}] null", "[\"inventory\",{\"server\":\"shop\"}] {\"lsn\":38,\"txId\":7}"], entries.Select(entry => $"{Encoding.UTF8.GetString(entry.Key)} {(entry.Value is null ? "null" : Encoding.UTF8.GetString(entry.Value))}"));
    }

    [Fact]
    public void Anything_else_is_malformed_and_a_file_that_is_cut_anywhere_too()
    {
        Assert.Throws<MalformedOffsetException>(() => OffsetFile.Parse("{\"lsn\":38}"u8));
        Assert.Contains("something else than a java.util.HashMap", Assert.Throws<MalformedOffsetException>(() => OffsetFile.Parse(Convert.FromBase64String(AnArrayList))).Message, StringComparison.Ordinal);
        byte[] whole = Convert.FromBase64String(TwoEntries);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<MalformedOffsetException>(() => OffsetFile.Parse(whole.AsSpan(0, length)));
        }
    }

    [Fact]
    public void A_length_or_count_that_lies_ends_as_malformed_not_as_memory()
    {
        byte[] whole = Convert.FromBase64String(TwoEntries);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] broken = [.. whole];
            broken[at] ^= 0xFF;
            try
            {
                OffsetFile.Parse(broken);
            }
            catch (MalformedOffsetException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }
}
