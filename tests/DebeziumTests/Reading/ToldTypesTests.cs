using System.Text;
using Penstock.Debezium.Reading;
using Penstock.Postgres.Apply;

namespace Penstock.DebeziumTests.Reading;

public class ToldTypesTests
{
    [Theory]
    [InlineData("numeric(12,2)", "text")]
    [InlineData("numeric(8,-2)", "text")]
    [InlineData("timestamp(3) without time zone", "text")]
    [InlineData("character varying(20)", "text")]
    [InlineData("interval day to second(3)", "text")]
    [InlineData("numeric(10,2)[]", "text[]")]
    [InlineData("\\\"char\\\"", "text")]
    [InlineData("shop.\\\"My type\\\"[]", "text[]")]
    [InlineData("hstore", "jsonb")]
    [InlineData("geometry(Point,4326)", "")]
    [InlineData("geometry", "")]
    public void A_type_is_taken_as_Postgres_writes_it(string type, string other) =>
        Assert.Equal([new WantedColumn("a", type.Replace("\\\"", "\"", StringComparison.Ordinal), other)], ToldTypes.Columns(Encoding.UTF8.GetBytes($"{{\"a\":\"{type}\"}}")));

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":\"int); DROP TABLE t; --\"}")]
    [InlineData("{\"a\":\"int, b int\"}")]
    [InlineData("{\"a\":\"int DEFAULT (1)\"}")]
    [InlineData("{\"a\":\"int default (1)\"}")]
    [InlineData("{\"a\":\"int references t (id)\"}")]
    [InlineData("{\"a\":\"int primary key\"}")]
    [InlineData("{\"a\":\"\"}")]
    public void What_is_no_type_becomes_no_part_of_a_statement(string header) => Assert.Throws<MalformedEventException>(() => ToldTypes.Columns(Encoding.UTF8.GetBytes(header)));
}
