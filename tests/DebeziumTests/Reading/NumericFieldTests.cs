using System.Text;
using Penstock.Debezium.Reading;
using Penstock.Debezium.Reading.Fields;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Apply;

namespace Penstock.DebeziumTests.Reading;

public class NumericFieldTests
{
    [Theory]
    [InlineData("0", "0 0 + 0:")]
    [InlineData("0.00", "0 0 + 2:")]
    [InlineData("1", "1 0 + 0: 1")]
    [InlineData("-12.50", "2 0 - 2: 12 5000")]
    [InlineData("10000", "1 1 + 0: 1")]
    [InlineData("123456789.123", "4 2 + 3: 1 2345 6789 1230")]
    [InlineData("0.0001", "1 -1 + 4: 1")]
    [InlineData("0.00001", "1 -2 + 5: 1000")]
    [InlineData("1E+5", "1 1 + 0: 10")]
    [InlineData("1.5e-7", "1 -2 + 8: 15")]
    public void Decimal_text_becomes_groups_of_four_digits(string text, string expected) => Assert.Equal(expected, Read(new NumericField(isBytes: false, 0), text));

    [Theory]
    [InlineData("\"BOI=\"", 2, "2 0 + 2: 12 5000")]
    [InlineData("\"/w==\"", 2, "1 -1 - 2: 100")]
    [InlineData("\"AA==\"", 3, "0 0 + 3:")]
    [InlineData("\"AN4LazpP4PnM7QAAAAAAAAAAAA==\"", 0, null)]
    public void Unscaled_bytes_become_the_same(string json, int scale, string? expected)
    {
        string found = Read(new NumericField(isBytes: true, scale), json);
        if (expected is not null)
        {
            Assert.Equal(expected, found);
        }
        else
        {
            // Above 16 bytes: the digits are those of the number.
            var number = new System.Numerics.BigInteger(Convert.FromBase64String(json.Trim('"')), isUnsigned: false, isBigEndian: true);
            string digits = string.Concat(found[(found.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(group => group.PadLeft(4, '0'))).TrimStart('0');
            Assert.StartsWith(digits.TrimEnd('0'), number.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_variable_scale_is_the_values_own() => Assert.Equal("2 0 + 2: 12 5000", Read(new NumericField(isBytes: true, 0), "{\"scale\":2,\"value\":\"BOI=\"}"));

    [Fact]
    public void What_is_no_number_is_refused_without_repeating_it() =>
        Assert.DoesNotContain("12x", Assert.Throws<UnfitValueException>(() => Read(new NumericField(isBytes: false, 0), "\"12x\"")).Message, StringComparison.Ordinal);

    /// <summary>"digits weight sign scale: groups" of the binary form.</summary>
    private static string Read(FieldEncoder field, string json)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        var batch = new ChangeBatch { Slab = new SlabPool("test", 4096, 1).Rent("test") };
        field.Write(bytes, JsonScanner.Whole(bytes), batch);
        byte[] written = batch.Written(sizeof(int), batch.Bytes - sizeof(int)).ToArray();
        short At(int place) => System.Buffers.Binary.BinaryPrimitives.ReadInt16BigEndian(written.AsSpan(2 * place));
        Assert.Equal(8 + (2 * At(0)), written.Length);
        return $"{At(0)} {At(1)} {(At(2) == 0 ? '+' : '-')} {At(3)}:{string.Concat(Enumerable.Range(4, At(0)).Select(place => $" {At(place)}"))}";
    }
}
