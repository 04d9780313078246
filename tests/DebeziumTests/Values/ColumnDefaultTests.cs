using Penstock.Debezium.Values;
using Penstock.Postgres.Catalog;

namespace Penstock.DebeziumTests.Values;

/// <summary>Expressions of pg_get_expr and the defaults that Debezium reads from them (captures A13, A15).</summary>
public sealed class ColumnDefaultTests
{
    [Theory]
    [InlineData(23u, -1, "5", "5")]
    [InlineData(23u, -1, "'-5'::integer", "-5")]
    [InlineData(20u, -1, "nextval('defs_id_seq'::regclass)", "0")]
    [InlineData(23u, -1, "(1 + 2)", null)]
    [InlineData(701u, -1, "'-25000000000'::numeric", "-2.5E10")]
    [InlineData(1700u, -1, "1.50", null)]
    [InlineData(1700u, 524294, "'-1.5'::numeric", "\"/2o=\"")]
    [InlineData(25u, -1, "'it''s \"x\"'::text", "\"it\"")]
    [InlineData(25u, -1, "CURRENT_USER", "\"CURRENT_USER\"")]
    [InlineData(25u, -1, "NULL::text", null)]
    [InlineData(25u, -1, "upper('x'::text)", "\"\"")]
    [InlineData(1042u, 9, "'c'::bpchar", "\"c\"")]
    [InlineData(16u, -1, "true", "true")]
    [InlineData(16u, -1, "(random() < (2)::double precision)", "false")]
    [InlineData(1082u, -1, "'infinity'::date", "169560311")]
    [InlineData(1082u, -1, "CURRENT_DATE", "0")]
    [InlineData(1083u, -1, "'10:11:12.5'::time without time zone", "36672500000")]
    [InlineData(1114u, -1, "'infinity'::timestamp without time zone", "-9223372036853775810")]
    [InlineData(1184u, -1, "now()", "\"1970-01-01T00:00:00.000000Z\"")]
    [InlineData(1184u, -1, "'2019-12-31 22:00:00+00'::timestamp with time zone", "\"2019-12-31T22:00:00.000000Z\"")]
    [InlineData(1186u, -1, "'1 day 02:00:00'::interval", "93600000000")]
    [InlineData(1560u, 1, "'1'::\"bit\"", "true")]
    [InlineData(1560u, 4, "'1010'::\"bit\"", "\"Cg==\"")]
    [InlineData(3802u, -1, "jsonb_build_object()", "\"{}\"")]
    [InlineData(1266u, -1, "'10:11:12+02'::time with time zone", null)]
    [InlineData(790u, -1, "1.5", null)]
    [InlineData(17u, -1, "'\\x01'::bytea", null)]
    [InlineData(1007u, -1, "'{1,2}'::integer[]", null)]
    [InlineData(1082u, -1, "'2020-01-02 03:04:05'::timestamp without time zone", "18263")]
    [InlineData(1082u, -1, "'0044-03-15 10:00:00 BC'::timestamp without time zone", "-735160")]
    [InlineData(1083u, -1, "('03:04'::text)::time without time zone", "11040000000")]
    [InlineData(1114u, -1, "'2020-01-02'::date", "1577923200000000")]
    [InlineData(1114u, -1, "'2020-01-02 03:04:05.6+00'::timestamp with time zone", "1577934245600000")]
    [InlineData(1114u, -1, "'0044-03-15 BC'::date", "-63517824000000000")]
    [InlineData(1114u, -1, "('2020-01-02T03:04:05'::text)::timestamp without time zone", null)]
    [InlineData(1184u, -1, "'2020-01-02'::date", "\"2020-01-02T00:00:00.000000Z\"")]
    [InlineData(1184u, -1, "'2020-01-02 03:04:05'::timestamp without time zone", "\"2020-01-02T03:04:05.000000Z\"")]
    [InlineData(1560u, 8, "(5)::bit(8)", "\"\"")]
    [InlineData(1560u, 8, "(11)::bit(8)", "\"AAY=\"")]
    [InlineData(1560u, 1, "(1)::bit(1)", null)]
    [InlineData(16u, -1, "('TRUE'::text)::boolean", "true")]
    [InlineData(23u, -1, "('+5'::text)::integer", "5")]
    [InlineData(701u, -1, "('1.5 '::text)::double precision", "1.5")]
    [InlineData(2950u, -1, "('a0000000000000000000000000000001'::text)::uuid", null)]
    public void Defaults(uint oid, int modifier, string expression, string? json) => Assert.Equal(json, Read(oid, modifier, expression));

    [Theory]
    [InlineData(-1, "'NaN'::numeric", null)]
    [InlineData(524294, "1.567", null)]
    [InlineData(524294, "1.500", "1.5")]
    public void Defaults_of_numeric_as_double(int modifier, string expression, string? json) =>
        Assert.Equal(json, Read(new ValueModes { Decimal = DecimalMode.Double }, 1700, modifier, expression));

    [Fact]
    public void An_infinite_default_as_text_is_the_end_of_javas_time() => Assert.Equal("\"+999999999-12-31T23:59:59.999999999Z\"",
        Read(new ValueModes { Time = TimeMode.IsoString }, 1114, -1, "'infinity'::timestamp without time zone"));

    [Fact]
    public void An_enum_with_a_dot_in_its_name_has_no_default() =>
        Assert.Null(Read(20000, -1, "'ok'::\"mo.od\"", new CatalogType(20000, "public", "mo.od", 'e', 0, 0, -1, false, ["sad", "ok"])));

    [Theory]
    [InlineData("'ok'::mood", "\"ok\"")]
    [InlineData("'ok'::public.mood", "\"ok\"")]
    [InlineData("'ok'::other", null)]
    [InlineData("pick()", null)]
    public void Enum_defaults(string expression, string? json) =>
        Assert.Equal(json, Read(20000, -1, expression, new CatalogType(20000, "public", "mood", 'e', 0, 0, -1, false, ["sad", "ok"])));

    private static string? Read(uint oid, int modifier, string expression, params CatalogType[] types) => Read(new ValueModes(), oid, modifier, expression, types);

    private static string? Read(ValueModes modes, uint oid, int modifier, string expression, params CatalogType[] types)
    {
        var table = new EncoderTable(modes, Encoded.Catalog(types));
        var column = new CatalogColumn("c", 1, "", oid, modifier, false, "", "", expression, 0);
        return table.DefaultJson(table.Find(oid, modifier, RowOrigin.Stream)!, column);
    }
}
