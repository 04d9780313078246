using System.Text;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;

namespace Penstock.DebeziumTests.Values;

/// <summary>The hot path allocates nothing per value, whatever the type.</summary>
public sealed class ValueAllocationTests
{
    private const int Warm = 200;
    private const int Measured = 2000;

    [Theory]
    [InlineData(16u, -1, "t")]
    [InlineData(20u, -1, "9223372036854775807")]
    [InlineData(701u, -1, "0.12345678901234568")]
    [InlineData(1700u, 655366, "12345.67")]
    [InlineData(1700u, -1, "-123456789012345678901234567890.123456789012345678")]
    [InlineData(790u, -1, "-$1,234.11")]
    [InlineData(25u, -1, "a \"quoted\" text \u00e9\ud83d\ude00")]
    [InlineData(3802u, -1, "{\"a\": [1, 2, {\"x\": null}], \"b\": \"two\"}")]
    [InlineData(17u, -1, "\\xdeadbeef")]
    [InlineData(1562u, -1, "111011010001000110000001000000001")]
    [InlineData(1082u, -1, "2016-11-04")]
    [InlineData(1083u, -1, "13:51:30.123456")]
    [InlineData(1114u, -1, "2016-11-04 13:51:30.123456")]
    [InlineData(1184u, -1, "2016-11-04 13:51:30.123456+05:30")]
    [InlineData(1186u, -1, "1 year 2 mons 3 days 04:05:06.78")]
    [InlineData(600u, -1, "(1.5,-2)")]
    [InlineData(1007u, -1, "{1,NULL,3}")]
    [InlineData(1009u, -1, "{abc,\"d \\\"e\\\"\",NULL}")]
    [InlineData(1231u, -1, "{1.5,22.22}")]
    public void A_value_costs_no_memory(uint oid, int modifier, string text)
    {
        var encoder = Encoded.Find(oid, modifier);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var writer = new SlabWriter(new SlabPool("test", 65_536, 1), "test");
        Write(encoder, bytes, writer, Warm);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Write(encoder, bytes, writer, Measured);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(1700u, 329730, "12300")]
    [InlineData(1082u, -1, "0044-03-15 BC")]
    [InlineData(1114u, -1, "infinity")]
    [InlineData(1186u, -1, "100000 years 00:00:00.000001")]
    [InlineData(1266u, -1, "13:51:30.123789+02")]
    [InlineData(1007u, -1, "{1,NULL,3}")]
    [InlineData(1007u, -1, "[0:1]={7,8}")]
    [InlineData(1009u, -1, "{abc,\"d \\\"e\\\"\",NULL}")]
    [InlineData(1231u, -1, "{1.5,NaN}")]
    [InlineData(603u, -1, "(1,1),(0,0)")]
    public void Nor_does_a_correct_one(uint oid, int modifier, string text)
    {
        var encoder = Encoded.Find(oid, modifier, new ValueModes { Compat = CompatMode.Correct });
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var writer = new SlabWriter(new SlabPool("test", 65_536, 1), "test");
        Write(encoder, bytes, writer, Warm);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Write(encoder, bytes, writer, Measured);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Write(ValueEncoder encoder, byte[] text, SlabWriter writer, int times)
    {
        for (int i = 0; i < times; i++)
        {
            writer.BeginRecord();
            encoder.Write(text, writer);
            writer.AbandonRecord();
        }
    }
}
