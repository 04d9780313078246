using System.Text;
using Penstock.Debezium.Schemas;
using Penstock.Debezium.Values;
using Penstock.Postgres.Catalog;

namespace Penstock.DebeziumTests.Values;

/// <summary><c>PENSTOCK_COMPAT=correct</c>: each form that differs from Debezium's, and that stream and snapshot write the same.</summary>
public sealed class CorrectValuesTests
{
    private const uint Name = 19, Date = 1082, Time = 1083, Timestamp = 1114, Interval = 1186, TimeTz = 1266, Bit = 1560, VarBit = 1562, Numeric = 1700;

    private static readonly CatalogType[] Types =
    [
        new(20000, "public", "mood", 'e', 0, 0, -1, false, ["sad", "ok"]),
        new(20001, "public", "_mood", 'b', 20000, 0, -1, false, []),
        new(20002, "public", "ltree", 'b', 0, 0, -1, false, []),
        new(20003, "public", "_ltree", 'b', 20002, 0, -1, false, []),
        new(20004, "public", "sparsevec", 'b', 0, 0, -1, false, []),
        new(20005, "public", "price", 'd', 0, Numeric, 524294, false, []),
        new(20006, "public", "_price", 'b', 20005, 0, -1, false, []),
        new(20007, "public", "pair", 'c', 0, 0, -1, false, []),
        new(20008, "public", "_pair", 'b', 20007, 0, -1, false, []),
        new(20009, "public", "ean13", 'b', 0, 0, -1, false, []),
        new(20010, "public", "geometry", 'b', 0, 0, -1, false, []),
        new(20011, "public", "_geometry", 'b', 20010, 0, -1, false, []),
        new(20012, "public", "ints", 'd', 0, 1007, -1, false, []),
        new(20013, "public", "_ints", 'b', 20012, 0, -1, false, []),
        new(20014, "public", "vector", 'b', 0, 0, -1, false, []),
    ];

    [Theory]
    [InlineData(Name, -1, "a_name", "\"a_name\"")]
    [InlineData(Date, -1, "infinity", "2147483647")]
    [InlineData(Date, -1, "-infinity", "-2147483648")]
    [InlineData(Date, -1, "0044-03-15 BC", "-735160")]
    [InlineData(Date, -1, "1582-10-10", "-141432")]
    [InlineData(Timestamp, -1, "infinity", "9223372036854775807")]
    [InlineData(Timestamp, 3, "-infinity", "-9223372036854775808")]
    [InlineData(Timestamp, -1, "294247-01-10 04:00:54.775806", "9223372036854775806")]
    [InlineData(Timestamp, -1, "294247-01-10 04:00:54.775807", "null")]
    [InlineData(Timestamp, -1, "294276-12-31 23:59:59.999999", "null")]
    [InlineData(Timestamp, 3, "294276-12-31 23:59:59.999", "9224318015999999")]
    [InlineData(TimeTz, -1, "13:51:30.123789+02", "\"13:51:30.123789+02:00\"")]
    [InlineData(TimeTz, -1, "00:30:00-03:30", "\"00:30:00-03:30\"")]
    [InlineData(TimeTz, -1, "12:00:00+00:53:28", "\"12:00:00+00:53:28\"")]
    [InlineData(TimeTz, -1, "24:00:00+00", "\"24:00:00Z\"")]
    [InlineData(Interval, -1, "178000000 years", "null")]
    [InlineData(Interval, -1, "100000 years 00:00:00.000001", "3155760000000000001")]
    [InlineData(Interval, -1, "1 year 2 mons 3 days 04:05:06.78", "37091106780000")]
    [InlineData(Interval, -1, "-1 mons -00:00:00.5", "-2629800500000")]
    [InlineData(VarBit, -1, "0010", "\"0010\"")]
    [InlineData(VarBit, 1, "", "\"\"")]
    [InlineData(Bit, 1, "1", "true")]
    [InlineData(Bit, 4, "0010", "\"Ag==\"")]
    [InlineData(Bit, -1, "0010", "\"0010\"")]
    [InlineData(Numeric, -1, "NaN", "null")]
    [InlineData(Numeric, 329730, "12300", "\"ew==\"")] // numeric(5,-2): 123 hundreds
    [InlineData(Numeric, 329730, "-1200", "\"9A==\"")]
    [InlineData(Numeric, 329730, "0", "\"AA==\"")]
    [InlineData(Numeric, 196614, "1.10", "\"bg==\"")]
    [InlineData(1231, -1, "{1.1,NaN,NULL}", "[{\"scale\":1,\"value\":\"Cw==\"},null,null]")]
    [InlineData(1183, -1, "{13:51:30.123456,24:00:00}", "[49890123456,86400000000]")]
    [InlineData(1185, -1, "{\"0044-03-15 00:00:00+00 BC\"}", "[\"-0043-03-15T00:00:00.000000Z\"]")]
    [InlineData(1182, -1, "{1582-10-10,infinity}", "[-141432,2147483647]")]
    [InlineData(1115, -1, "{\"1000-01-01 00:00:00\"}", "[-30610224000000000]")]
    [InlineData(1270, -1, "{13:51:30.5+02}", "[\"13:51:30.5+02:00\"]")]
    [InlineData(1561, 3, "{101,NULL}", "[\"BQ==\",null]")]
    [InlineData(1561, 1, "{1,0}", "[true,false]")]
    [InlineData(1563, -1, "{101,0}", "[\"101\",\"0\"]")]
    [InlineData(791, -1, "{$1.50,NULL}", "[\"AJY=\",null]")]
    [InlineData(1003, -1, "{a,\"b c\"}", "[\"a\",\"b c\"]")]
    [InlineData(1187, -1, "{\"1 day\"}", "[86400000000]")]
    [InlineData(143, -1, "{<a/>}", "[\"<a/>\"]")]
    [InlineData(2201, -1, "{c1}", "[\"c1\"]")]
    [InlineData(1007, -1, "[0:1]={7,8}", "[7,8]")]
    [InlineData(1007, -1, "{}", "[]")]
    [InlineData(1007, -1, "{{1,2},{3,4}}", "null")]
    [InlineData(22, -1, "1 2 3", "\"1 2 3\"")]
    [InlineData(603, -1, "(3,4),(1,2)", "\"(3,4),(1,2)\"")]
    [InlineData(1020, -1, "{(3,4),(1,2);(1,1),(0,0)}", "[\"(3,4),(1,2)\",\"(1,1),(0,0)\"]")]
    [InlineData(3220, -1, "16/B374D848", "\"16/B374D848\"")]
    [InlineData(3221, -1, "{16/B374D848}", "[\"16/B374D848\"]")]
    [InlineData(4451, -1, "{[1,3)}", "\"{[1,3)}\"")]
    [InlineData(20001, -1, "{NULL,ok}", "[null,\"ok\"]")]
    [InlineData(20003, -1, "{Top.Science,NULL}", "[\"Top.Science\",null]")]
    [InlineData(20004, -1, "{1:1.5,39999:2}/40000", "{\"dimensions\":40000,\"vector\":[[1,1.5],[39999,2.0]]}")]
    [InlineData(20006, -1, "{2.25,NULL}", "[\"AOE=\",null]")]
    [InlineData(20007, -1, "(1,\"a b\")", "\"(1,\\\"a b\\\")\"")]
    [InlineData(20008, -1, "{\"(1,\\\"a b\\\")\"}", "[\"(1,\\\"a b\\\")\"]")]
    [InlineData(20009, -1, "978-0-393-04002-9", "\"978-0-393-04002-9\"")]
    [InlineData(20013, -1, "{\"{1,2}\",NULL}", "[[1,2],null]")]
    public void Values(uint oid, int modifier, string text, string json)
    {
        Assert.Equal(json, Encoded.Json(Find(oid, modifier), text));
        Assert.Equal(json, Encoded.Json(Find(oid, modifier, origin: RowOrigin.Snapshot), text));
    }

    [Theory]
    [InlineData(TimeMode.IsoString, Date, "infinity", "\"infinity\"")]
    [InlineData(TimeMode.IsoString, Date, "1582-10-10", "\"1582-10-10Z\"")]
    [InlineData(TimeMode.IsoString, Timestamp, "-infinity", "\"-infinity\"")]
    [InlineData(TimeMode.IsoString, Time, "24:00:00", "\"24:00:00Z\"")]
    [InlineData(TimeMode.Connect, Date, "infinity", "2147483647")]
    [InlineData(TimeMode.Connect, Timestamp, "infinity", "9223372036854775807")]
    [InlineData(TimeMode.Nanoseconds, Timestamp, "2262-04-12 00:00:00", "null")]
    [InlineData(TimeMode.Nanoseconds, Timestamp, "infinity", "9223372036854775807")]
    public void Time_modes(TimeMode mode, uint oid, string text, string json) => Assert.Equal(json, Encoded.Json(Find(oid, modes: new ValueModes { Time = mode }), text));

    [Theory]
    [InlineData(DecimalMode.Double, false, 329730, "12300", "12300.0")]
    [InlineData(DecimalMode.Text, false, 329730, "12300", "\"12300\"")]
    [InlineData(DecimalMode.Precise, true, 329730, "12300", "12300")]
    [InlineData(DecimalMode.Text, false, 196614, "1.10", "\"1.10\"")]
    public void Decimal_modes(DecimalMode mode, bool asNumber, int modifier, string text, string json) =>
        Assert.Equal(json, Encoded.Json(Find(Numeric, modifier, new ValueModes { Decimal = mode, DecimalFormatNumeric = asNumber }), text));

    [Fact]
    public void Arrays_of_numerics_keep_NaN_where_its_form_does()
    {
        Assert.Equal("[1.5,\"NaN\"]", Encoded.Json(Find(1231, modes: new ValueModes { Decimal = DecimalMode.Double }), "{1.5,NaN}"));
        Assert.Equal("[\"1.5\",\"NAN\"]", Encoded.Json(Find(1231, modes: new ValueModes { Decimal = DecimalMode.Text }), "{1.5,NaN}"));
    }

    [Theory]
    [InlineData(1007, 2, "{{1,2},{3,NULL}}", "[[1,2],[3,null]]")]
    [InlineData(1009, 2, "{{a,\"}\"},{\"{\",\"\\\"\"}}", "[[\"a\",\"}\"],[\"{\",\"\\\"\"]]")]
    [InlineData(1007, 3, "{{{1},{2}},{{3},{4}}}", "[[[1],[2]],[[3],[4]]]")]
    [InlineData(1007, 2, "{1,2}", "null")]
    [InlineData(1007, 2, "{}", "[]")]
    [InlineData(1007, 2, "[0:1][1:1]={{1},{2}}", "[[1],[2]]")]
    [InlineData(1007, 0, "{1,2}", "[1,2]")]
    public void Arrays_are_as_deep_as_declared(uint oid, int dimensions, string text, string json)
    {
        var encoder = Find(oid, dimensions: dimensions);
        Assert.Equal(json, Encoded.Json(encoder, text));
        int depth = 0;
        for (var node = encoder.Schema; node!.Type == "array"; node = node.Items)
        {
            depth++;
        }

        Assert.Equal(Math.Max(dimensions, 1), depth);
    }

    [Theory]
    [InlineData(17, BinaryMode.Base64, "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"")]
    [InlineData(17, BinaryMode.Base64UrlSafe, "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"")]
    [InlineData(VarBit, BinaryMode.Bytes, "\"__debezium_unavailable_value\"")]
    [InlineData(Numeric, BinaryMode.Bytes, "{\"scale\":0,\"value\":\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"}")]
    [InlineData(1005, BinaryMode.Bytes, "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]")]
    [InlineData(1185, BinaryMode.Bytes, "[\"__debezium_unavailable_value\"]")]
    [InlineData(1231, BinaryMode.Bytes, "[{\"scale\":0,\"value\":\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"}]")]
    [InlineData(1000, BinaryMode.Bytes, "null")]
    [InlineData(1270, BinaryMode.Bytes, "[\"__debezium_unavailable_value\"]")]
    [InlineData(2951, BinaryMode.Bytes, "[\"b68a35a7-17ad-35b3-af2a-ae46edb4545a\"]")]
    [InlineData(20004, BinaryMode.Bytes, "{\"dimensions\":0,\"vector\":[]}")]
    [InlineData(20011, BinaryMode.Bytes, "[{\"wkb\":\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\",\"srid\":null}]")]
    [InlineData(20014, BinaryMode.Bytes, "[]")]
    public void What_is_not_there_has_a_typed_stand_in(uint oid, BinaryMode mode, string json)
    {
        var encoder = Find(oid, modes: new ValueModes { Binary = mode });
        Assert.Equal(json, Encoded.Written(encoder.WriteUnavailable));
        Assert.Equal(json == "null", encoder.NeedsNullForUnavailable);
    }

    [Fact]
    public void The_stand_in_for_floats_are_floats_and_as_deep_as_the_array() =>
        Assert.StartsWith("[[95.0,95.0,100.0,", Encoded.Written(Find(1022, dimensions: 2).WriteUnavailable), StringComparison.Ordinal);

    [Theory]
    [InlineData(Numeric, 329730, """{"type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"-2","connect.decimal.precision":"5"}}""")]
    [InlineData(20001, -1, """{"type":"array","items":{"type":"string","optional":true,"name":"io.debezium.data.Enum","version":1,"parameters":{"allowed":"sad,ok"}},"optional":false}""")]
    [InlineData(VarBit, 8, """{"type":"string","optional":false}""")]
    public void Schemas(uint oid, int modifier, string json) => Assert.Equal(json, Encoding.UTF8.GetString(SchemaWriter.Write(Find(oid, modifier).Schema)));

    [Fact]
    public void Unknown_types_are_bytes_where_that_was_asked_for()
    {
        var modes = new ValueModes { IncludeUnknown = true };
        Assert.Equal("\"MTYvQjM3NEQ4NDg=\"", Encoded.Json(Find(3220, modes: modes), "16/B374D848"));
        Assert.Equal("[\"MC8x\"]", Encoded.Json(Find(3221, modes: modes), "{0/1}"));
    }

    [Theory]
    [InlineData(Date, "infinity", 1)]
    [InlineData(Date, "2020-01-01", 0)]
    [InlineData(Timestamp, "294276-12-31 23:59:59.999999", 1)]
    [InlineData(Timestamp, "-infinity", 1)]
    [InlineData(Interval, "178000000 years", 1)]
    [InlineData(TimeTz, "24:00:00+00", 1)]
    [InlineData(1183, "{13:51:30.123456,13:51:30.000001}", 1)]
    [InlineData(1183, "{13:51:30.123}", 0)]
    [InlineData(1185, "{\"0044-03-15 00:00:00+00 BC\"}", 1)]
    [InlineData(1007, "{{1,2},{3,4}}", 1)]
    [InlineData(1007, "[0:1]={7,8}", 1)]
    [InlineData(1270, "{13:51:30.5+02}", 1)]
    public void What_Debezium_loses_without_a_null_is_counted(uint oid, string text, long losses)
    {
        var encoder = Encoded.Find(oid, types: Types);
        Encoded.Json(encoder, text);
        Assert.Equal(losses, encoder.Losses);
    }

    [Theory]
    [InlineData(1007, "{1,2}", 0)]
    [InlineData(1007, "[0:1]={7,8}", 1)]
    [InlineData(1231, "{1,NaN}", 1)]
    [InlineData(Date, "infinity", 0)]
    public void What_is_still_lost_is_counted(uint oid, string text, long losses)
    {
        var encoder = Find(oid);
        Encoded.Json(encoder, text);
        Assert.Equal(losses, encoder.Losses);
    }

    [Theory]
    [InlineData(23u, -1, "5", "5")]
    [InlineData(23u, -1, "'-5'::integer", "-5")]
    [InlineData(20u, -1, "nextval('defs_id_seq'::regclass)", null)]
    [InlineData(23u, -1, "(1 + 2)", null)]
    [InlineData(25u, -1, "'it''s \"x\"'::text", "\"it's \\\"x\\\"\"")]
    [InlineData(25u, -1, "E'a\\\\b''c'::text", "\"a\\\\b'c\"")]
    [InlineData(25u, -1, "CURRENT_USER", null)]
    [InlineData(25u, -1, "NULL::text", null)]
    [InlineData(25u, -1, "upper('x'::text)", null)]
    [InlineData(25u, -1, "('x'::text || 'y'::text)", null)]
    [InlineData(1042u, 9, "'c'::bpchar", "\"c    \"")]
    [InlineData(16u, -1, "true", "true")]
    [InlineData(16u, -1, "false", "false")]
    [InlineData(1082u, -1, "'infinity'::date", "2147483647")]
    [InlineData(1083u, -1, "'24:00:00'::time without time zone", "86400000000")]
    [InlineData(1114u, -1, "'infinity'::timestamp without time zone", "9223372036854775807")]
    [InlineData(1184u, -1, "'infinity'::timestamp with time zone", "\"infinity\"")]
    [InlineData(1184u, -1, "now()", null)]
    [InlineData(1114u, -1, "'2020-01-01'::date", null)]
    [InlineData(1043u, 12, "'x'::character varying(8)", "\"x\"")]
    [InlineData(1560u, 4, "'1010'::\"bit\"", "\"Cg==\"")]
    [InlineData(20000u, -1, "'ok'::mood", "\"ok\"")]
    [InlineData(20000u, -1, "'ok'::public.\"Mood\"", "\"ok\"")]
    public void Defaults(uint oid, int modifier, string expression, string? json)
    {
        var table = new EncoderTable(new ValueModes { Compat = CompatMode.Correct }, Encoded.Catalog(Types));
        var column = new CatalogColumn("c", 1, "", oid, modifier, false, "", "", expression, 0);
        Assert.Equal(json, table.DefaultJson(table.Find(oid, modifier, RowOrigin.Stream)!, column));
    }

    private static ValueEncoder Find(uint oid, int modifier = -1, ValueModes? modes = null, RowOrigin origin = RowOrigin.Stream, int dimensions = 1) =>
        new EncoderTable((modes ?? new ValueModes()) with { Compat = CompatMode.Correct }, Encoded.Catalog(Types)).Find(oid, modifier, origin, dimensions)!;
}
