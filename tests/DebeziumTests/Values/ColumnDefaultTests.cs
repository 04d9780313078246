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
    public void Defaults(uint oid, int modifier, string expression, string? json) => Assert.Equal(json, Read(oid, modifier, expression));

    [Theory]
    [InlineData("'ok'::mood", "\"ok\"")]
    [InlineData("'ok'::public.mood", "\"ok\"")]
    [InlineData("'ok'::other", null)]
    [InlineData("pick()", null)]
    public void Enum_defaults(string expression, string? json) =>
        Assert.Equal(json, Read(20000, -1, expression, new CatalogType(20000, "public", "mood", 'e', 0, 0, -1, false, ["sad", "ok"])));

    private static string? Read(uint oid, int modifier, string expression, params CatalogType[] types)
    {
        var table = new EncoderTable(new ValueModes(), Encoded.Catalog(types));
        var column = new CatalogColumn("c", 1, "", oid, modifier, false, "", "", expression, 0);
        return table.DefaultJson(table.Find(oid, modifier, RowOrigin.Stream)!, column);
    }
}
