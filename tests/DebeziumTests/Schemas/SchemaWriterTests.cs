using System.Text;
using Penstock.Debezium.Schemas;
using Penstock.Debezium.Values;
using Penstock.DebeziumTests.Values;

namespace Penstock.DebeziumTests.Schemas;

public sealed class SchemaWriterTests
{
    [Fact]
    public void Members_come_in_the_order_of_JsonConverter()
    {
        var node = new SchemaNode
        {
            Type = "struct",
            Fields =
            [
                new() { Type = "int32", DefaultJson = "0", Field = "id" },
                new() { Type = "array", Items = new SchemaNode { Type = "string", Optional = true }, Optional = true, Field = "tags" },
                new() { Type = "map", Keys = new SchemaNode { Type = "string" }, Values = new SchemaNode { Type = "string", Optional = true }, Field = "h\"s" },
            ],
            Name = "pg.public.t.Key",
            Version = 2,
            Doc = "a row",
            Parameters = [new("b", "1"), new("a", "2")],
        };
        Assert.Equal(
            "{\"type\":\"struct\",\"fields\":[{\"type\":\"int32\",\"optional\":false,\"default\":0,\"field\":\"id\"},"
            + "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"optional\":true},\"optional\":true,\"field\":\"tags\"},"
            + "{\"type\":\"map\",\"keys\":{\"type\":\"string\",\"optional\":false},\"values\":{\"type\":\"string\",\"optional\":true},\"optional\":false,\"field\":\"h\\\"s\"}],"
            + "\"optional\":false,\"name\":\"pg.public.t.Key\",\"version\":2,\"doc\":\"a row\",\"parameters\":{\"b\":\"1\",\"a\":\"2\"}}",
            Encoding.UTF8.GetString(SchemaWriter.Write(node)));
    }

    [Theory]
    [InlineData(1700u, 655366, "{\"type\":\"bytes\",\"optional\":false,\"name\":\"org.apache.kafka.connect.data.Decimal\",\"version\":1,\"parameters\":{\"scale\":\"2\",\"connect.decimal.precision\":\"10\"}}")]
    [InlineData(1700u, 329730, "{\"type\":\"bytes\",\"optional\":false,\"name\":\"org.apache.kafka.connect.data.Decimal\",\"version\":1,\"parameters\":{\"scale\":\"2046\",\"connect.decimal.precision\":\"5\"}}")]
    [InlineData(1562u, -1, "{\"type\":\"bytes\",\"optional\":false,\"name\":\"io.debezium.data.Bits\",\"version\":1,\"parameters\":{\"length\":\"2147483647\"}}")]
    [InlineData(1083u, 3, "{\"type\":\"int32\",\"optional\":false,\"name\":\"io.debezium.time.Time\",\"version\":1}")]
    [InlineData(1007u, -1, "{\"type\":\"array\",\"items\":{\"type\":\"int32\",\"optional\":true},\"optional\":false}")]
    [InlineData(3643u, -1, "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"optional\":false,\"name\":\"io.debezium.data.Tsvector\",\"version\":1},\"optional\":false}")]
    public void Schemas_of_types(uint oid, int modifier, string json) =>
        Assert.Equal(json, Encoding.UTF8.GetString(SchemaWriter.Write(Encoded.Find(oid, modifier).Schema)));

    [Fact]
    public void A_placeholder_of_octets_is_decoded_like_Java() =>
        Assert.Equal("\"\u07ad\ufffd\ufffd\"", Encoded.Written(Encoded.Find(25, modes: new ValueModes { UnavailableValuePlaceholder = "hex:DEADBEEF" }).WriteUnavailable));
}
