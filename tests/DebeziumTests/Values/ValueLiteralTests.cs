using Penstock.Debezium.Values;
using Penstock.Postgres.Catalog;

namespace Penstock.DebeziumTests.Values;

/// <summary>Text of Postgres and JSON of Debezium side by side: section 2.8 "Goldens" and single values of the captures.</summary>
public sealed class ValueLiteralTests
{
    private const uint Bool = 16, Bytea = 17, Int8 = 20, Int2 = 21, Int4 = 23, Text = 25, Json = 114, Point = 600, Float4 = 700, Float8 = 701, Money = 790, Date = 1082, Time = 1083,
        Timestamp = 1114, TimestampTz = 1184, Interval = 1186, TimeTz = 1266, Bit = 1560, VarBit = 1562, Numeric = 1700, Uuid = 2950, Name = 19;

    [Theory]
    [InlineData(Bool, -1, "t", "true")]
    [InlineData(Int2, -1, "-32768", "-32768")]
    [InlineData(Int4, -1, "0", "0")]
    [InlineData(Int8, -1, "-9223372036854775808", "-9223372036854775808")]
    [InlineData(Float4, -1, "1.17549435e-38", "1.1754944E-38")]
    [InlineData(Float4, -1, "1e-45", "1.4E-45")]
    [InlineData(Float4, -1, "9.999e+09", "9.999E9")]
    [InlineData(Float8, -1, "5e-324", "4.9E-324")]
    [InlineData(Float8, -1, "9.999999999999999e+22", "1.0E23")]
    [InlineData(Float8, -1, "8.409999999999999e+21", "8.41E21")]
    [InlineData(Float8, -1, "9999999", "9999999.0")]
    [InlineData(Float8, -1, "10000000", "1.0E7")]
    [InlineData(Float8, -1, "0.001", "0.001")]
    [InlineData(Float8, -1, "0.000999", "9.99E-4")]
    [InlineData(Float8, -1, "-0", "-0.0")]
    [InlineData(Float8, -1, "NaN", "\"NaN\"")]
    [InlineData(Float8, -1, "-Infinity", "\"-Infinity\"")]
    [InlineData(Numeric, 196614, "1.10", "\"bg==\"")] // decimal(3,2)
    [InlineData(Numeric, 262148, "10", "\"Cg==\"")] // decimal(4)
    [InlineData(Numeric, 393224, "22.2200", "\"A2P4\"")] // numeric(6,4)
    [InlineData(Numeric, 196614, "3.30", "\"AUo=\"")]
    [InlineData(Numeric, -1, "10.1111", "{\"scale\":4,\"value\":\"AYr3\"}")]
    [InlineData(Numeric, -1, "22.2222", "{\"scale\":4,\"value\":\"A2QO\"}")]
    [InlineData(Numeric, -1, "1.500000", "{\"scale\":1,\"value\":\"Dw==\"}")]
    [InlineData(Numeric, -1, "100", "{\"scale\":0,\"value\":\"ZA==\"}")]
    [InlineData(Numeric, -1, "-0.5", "{\"scale\":1,\"value\":\"+w==\"}")]
    [InlineData(Numeric, -1, "10000000000000000000000000000000000000000", "{\"scale\":0,\"value\":\"HWMp8cNcpL+rufVhAAAAAAA=\"}")]
    [InlineData(Numeric, -1, "NaN", "null")]
    [InlineData(Money, -1, "$1,234.11", "\"AeIT\"")]
    [InlineData(Money, -1, "($1,234.11)", "\"/h3t\"")]
    [InlineData(Money, -1, "-$92,233,720,368,547,758.08", "\"gAAAAAAAAAA=\"")]
    [InlineData(Bit, 1, "1", "true")]
    [InlineData(Bit, 2, "11", "\"Aw==\"")]
    [InlineData(Bit, 7, "1000000", "\"QA==\"")]
    [InlineData(VarBit, 2, "00", "\"\"")]
    [InlineData(VarBit, 24, "000000110000001000000001", "\"AQID\"")]
    [InlineData(VarBit, 64, "1000000000000000000000000000000000000000000000000000000000000000", "\"AAAAAAAAAIA=\"")]
    [InlineData(VarBit, -1, "111011010001000110000001000000001", "\"AQIj2gE=\"")]
    [InlineData(VarBit, 1, "", "null")]
    [InlineData(Bytea, -1, "\\x010203", "\"AQID\"")]
    [InlineData(Bytea, -1, "\\x", "\"\"")]
    [InlineData(Timestamp, -1, "2016-11-04 13:51:30.123456", "1478267490123456")]
    [InlineData(Timestamp, 3, "2016-11-04 13:51:30.123", "1478267490123")]
    [InlineData(Timestamp, -1, "1936-10-25 22:10:12.608", "-1047174587392000")]
    [InlineData(Timestamp, -1, "21016-11-04 13:51:30.123456", "601060312290123456")]
    [InlineData(Timestamp, -1, "294247-01-01 23:59:59.999999", "9223371331199999999")]
    [InlineData(Timestamp, -1, "4713-12-31 23:59:59.999999 BC", "-210831897600000001")]
    [InlineData(Timestamp, -1, "infinity", "9223372036825200000")]
    [InlineData(Timestamp, -1, "294276-12-31 23:59:59.999999", "-9223372036853775810")]
    [InlineData(TimestampTz, -1, "2016-11-04 13:51:30.123456+02", "\"2016-11-04T11:51:30.123456Z\"")]
    [InlineData(TimestampTz, -1, "21016-11-04 13:51:30+07", "\"+21016-11-04T06:51:30.000000Z\"")]
    [InlineData(TimestampTz, -1, "4714-12-31 23:59:59.999999+00 BC", "\"-4713-12-31T23:59:59.999999Z\"")]
    [InlineData(TimestampTz, 0, "1929-12-31 23:40:28-00:19:32", "\"1930-01-01T00:00:00Z\"")]
    [InlineData(TimestampTz, 3, "2016-11-04 11:51:30.12+00", "\"2016-11-04T11:51:30.120Z\"")]
    [InlineData(Date, -1, "2016-11-04", "17109")]
    [InlineData(Date, -1, "0044-03-15 BC", "-735160")]
    [InlineData(Date, -1, "5874897-12-31", "2145042905")]
    [InlineData(Date, -1, "infinity", "-2147472692")]
    [InlineData(Time, -1, "13:51:30", "49890000000")]
    [InlineData(Time, 3, "13:51:30.123", "49890123")]
    [InlineData(Time, -1, "24:00:00", "86400000000")]
    [InlineData(TimeTz, -1, "13:51:30.123789+02", "\"11:51:30.123789Z\"")]
    [InlineData(TimeTz, -1, "24:00:00+02", "\"22:00:00Z\"")]
    [InlineData(Interval, -1, "1 year 2 mons 3 days 04:05:06.78", "37091106780000")]
    [InlineData(Interval, -1, "178000000 years", "9223372036854775807")]
    [InlineData(Point, -1, "(1,1)", "{\"x\":1.0,\"y\":1.0,\"wkb\":\"AQEAAAAAAAAAAADwPwAAAAAAAPA/\",\"srid\":null}")]
    [InlineData(Uuid, -1, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"")]
    [InlineData(Json, -1, "{\"b\": 1}", "\"{\\\"b\\\": 1}\"")]
    [InlineData(Text, -1, "a\u0001\b\t\n\u000b\f\r\u001f\u007f\"\\/<\u00e9\u2028\ud83d\ude00", "\"a\\u0001\\b\\t\\n\\u000B\\f\\r\\u001F\u007f\\\"\\\\/<\u00e9\u2028\\uD83D\\uDE00\"")]
    [InlineData(Name, -1, "a_name", "null")]
    [InlineData(1231, 655366, "{1.20,3.40,5.60}", "[\"eA==\",\"AVQ=\",\"AjA=\"]")]
    [InlineData(1231, -1, "{1.1,NULL}", "[{\"scale\":1,\"value\":\"Cw==\"},null]")]
    [InlineData(1231, -1, "{1.1,NaN}", "null")]
    [InlineData(1009, -1, "{a,\"b c\",\"d\\\\\\\"q\",NULL,\"NULL\",\"\"}", "[\"a\",\"b c\",\"d\\\\\\\"q\",null,\"NULL\",\"\"]")]
    [InlineData(1014, 14, "{\"cone      \"}", "[\"cone      \"]")]
    [InlineData(1007, -1, "{}", "[]")]
    [InlineData(1007, -1, "[0:1]={7,8}", "[7,8]")]
    [InlineData(1007, -1, "{{1,2},{3,4}}", "[null,null]")]
    [InlineData(1009, -1, "{{a,\"}\"}}", "[\"[Ljava.lang.String;@0\"]")]
    [InlineData(1009, -1, "{{{a},{b}}}", "[\"[[Ljava.lang.String;@0\"]")]
    [InlineData(1183, -1, "{13:51:30.123456}", "[49890123000]")]
    [InlineData(1185, -1, "{-infinity,infinity}", "[\"+292269055-12-02T23:00:00.000000Z\",\"infinity\"]")]
    [InlineData(22, -1, "1 2", "[]")]
    [InlineData(30, -1, "", "[]")]
    [InlineData(1185, -1, "{\"0044-03-15 00:00:00+00 BC\"}", "[\"0044-03-15T00:00:00.000000Z\"]")]
    [InlineData(1561, 3, "{101}", "null")]
    public void Default_modes(uint oid, int modifier, string text, string json) => Assert.Equal(json, Encoded.Json(Encoded.Find(oid, modifier), text));

    [Theory]
    [InlineData(1082, "0044-03-15 BC", "-703383")]
    [InlineData(1082, "1582-10-10", "-141422")]
    [InlineData(1082, "1000-01-01", "-354285")]
    [InlineData(1082, "infinity", "-622191234")]
    [InlineData(Name, "a_name", "\"a_name\"")]
    public void Snapshot_rows_come_out_otherwise(uint oid, string text, string json) =>
        Assert.Equal(json, Encoded.Json(Encoded.Find(oid, origin: RowOrigin.Snapshot), text));

    [Theory]
    [InlineData(-1, "NaN", "\"NAN\"", "\"NaN\"")]
    [InlineData(-1, "-Infinity", "\"NEGATIVE_INFINITY\"", "\"-Infinity\"")]
    [InlineData(-1, "-123456789012345678901234567890.123456789", "\"-123456789012345678901234567890.123456789\"", "-1.2345678901234568E29")]
    [InlineData(655366, "0.00", "\"0.00\"", "0.0")]
    public void Decimal_modes(int modifier, string text, string asText, string asDouble)
    {
        Assert.Equal(asText, Encoded.Json(Encoded.Find(Numeric, modifier, new ValueModes { Decimal = DecimalMode.Text }), text));
        Assert.Equal(asDouble, Encoded.Json(Encoded.Find(Numeric, modifier, new ValueModes { Decimal = DecimalMode.Double }), text));
    }

    [Theory]
    [InlineData(655366, "22.22", "22.22")]
    [InlineData(655366, "-0.01", "-0.01")]
    [InlineData(2490382, "0.0000000000", "0E-10")]
    [InlineData(2490382, "0.0000012300", "0.0000012300")]
    [InlineData(2490382, "0.0000000123", "1.23E-8")]
    public void Decimal_numbers(int modifier, string text, string json) =>
        Assert.Equal(json, Encoded.Json(Encoded.Find(Numeric, modifier, new ValueModes { DecimalFormatNumeric = true }), text));

    [Theory]
    [InlineData(0, "$1.49", "\"AQ==\"")]
    [InlineData(0, "$2.50", "\"Aw==\"")]
    [InlineData(0, "-$1.50", "\"/g==\"")]
    [InlineData(4, "-$1.25", "\"zyw=\"")]
    public void Money_digits(int digits, string text, string json) =>
        Assert.Equal(json, Encoded.Json(Encoded.Find(Money, modes: new ValueModes { MoneyFractionDigits = digits }), text));

    [Theory]
    [InlineData(TimeMode.Connect, Timestamp, "1677-09-21 00:12:43.145225", "-9223372036855")]
    [InlineData(TimeMode.Connect, Time, "23:59:59.999999", "86399999")]
    [InlineData(TimeMode.Nanoseconds, Timestamp, "2262-04-11 23:47:16.854775", "9223372036854775000")]
    [InlineData(TimeMode.Nanoseconds, Timestamp, "2262-04-12 00:00:00", "null")]
    [InlineData(TimeMode.Nanoseconds, Timestamp, "1677-09-21 00:12:43.145225", "null")]
    [InlineData(TimeMode.Nanoseconds, Timestamp, "-infinity", "-9223372036854775808")]
    [InlineData(TimeMode.IsoString, Timestamp, "2016-11-04 13:51:30.1", "\"2016-11-04T13:51:30.1Z\"")]
    [InlineData(TimeMode.IsoString, Timestamp, "infinity", "\"+294247-01-10T04:00:25.2Z\"")]
    [InlineData(TimeMode.IsoString, Date, "0001-12-31 BC", "\"0000-12-31Z\"")]
    [InlineData(TimeMode.IsoString, Date, "5874897-12-31", "\"+5874897-12-31Z\"")]
    [InlineData(TimeMode.IsoString, Time, "24:00:00", "\"00:00:00Z\"")]
    public void Time_modes(TimeMode mode, uint oid, string text, string json) => Assert.Equal(json, Encoded.Json(Encoded.Find(oid, modes: new ValueModes { Time = mode }), text));

    [Theory]
    [InlineData("1 year 2 mons 3 days 04:05:06.78", "P1Y2M3DT4H5M6.78S")]
    [InlineData("-1 years -2 mons +3 days -04:05:06.78", "P-1Y-2M3DT-4H-5M-6.78S")]
    [InlineData("-00:00:00.000001", "P0Y0M0DT0H0M-0.000001S")]
    [InlineData("101:30:00.000001", "P0Y0M0DT101H30M0.000001S")]
    public void Interval_as_text(string text, string json) =>
        Assert.Equal($"\"{json}\"", Encoded.Json(Encoded.Find(Interval, modes: new ValueModes { IntervalAsText = true }), text));

    [Theory]
    [InlineData(BinaryMode.Base64, "\"+/8A/g==\"")]
    [InlineData(BinaryMode.Base64UrlSafe, "\"-_8A_g==\"")]
    [InlineData(BinaryMode.Hex, "\"fbff00fe\"")]
    public void Binary_modes(BinaryMode mode, string json) => Assert.Equal(json, Encoded.Json(Encoded.Find(Bytea, modes: new ValueModes { Binary = mode }), "\\xfbff00fe"));

    [Theory]
    [InlineData("hstore", "\"key1\"=>\"val1\", \"key2\"=>NULL, \"k\"=>\"v \\\"q\\\" \\\\ s\"",
        "\"{\\\"key1\\\":\\\"val1\\\",\\\"key2\\\":null,\\\"k\\\":\\\"v \\\\\\\"q\\\\\\\" \\\\\\\\ s\\\"}\"")]
    [InlineData("isbn", "0-393-04002-X", "\"0-393-04002-X\"")]
    [InlineData("ltree", "Top.Science", "\"Top.Science\"")]
    [InlineData("vector", "[0.001,1e+10]", "[0.001,1.0E10]")]
    [InlineData("halfvec", "[0.099975586,65504]", "[0.099975586,65504.0]")]
    [InlineData("sparsevec", "{1:1.5,3:2}/5", "{\"dimensions\":5,\"vector\":[[1,1.5],[3,2.0]]}")]
    [InlineData("sparsevec", "{1:1.5}/40000", "null")]
    [InlineData("geometry", "0101000020730C00001C7C613255DE6540787AA52C435C42C0", "{\"wkb\":\"AQEAACBzDAAAHHxhMlXeZUB4eqUsQ1xCwA==\",\"srid\":3187}")]
    public void Extension_types(string name, string text, string json)
    {
        var type = new CatalogType(20000, "public", name, 'b', 0, 0, -1, false, []);
        Assert.Equal(json, Encoded.Json(Encoded.Find(20000, types: type), text));
    }

    [Theory]
    [InlineData(Text, "\"__debezium_unavailable_value\"")]
    [InlineData(Bytea, "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"")]
    [InlineData(Numeric, "null")]
    [InlineData(1009, "[\"__debezium_unavailable_value\"]")]
    [InlineData(2951, "[\"b68a35a7-17ad-35b3-af2a-ae46edb4545a\"]")]
    [InlineData(1005, "null")]
    public void Unchanged_toast(uint oid, string json) => Assert.Equal(json, Encoded.Written(Encoded.Find(oid).WriteUnavailable));

    [Theory]
    [InlineData(Text, false, "\"__debezium_unavailable_value\"")]
    [InlineData(1009u, false, "null")]
    [InlineData(20001u, false, "\"__debezium_unavailable_value\"")]
    [InlineData(20001u, true, "null")]
    public void Unchanged_toast_of_a_domain(uint baseOid, bool asMap, string json)
    {
        CatalogType[] types = [new(20000, "public", "own", 'd', 0, baseOid, -1, false, []), new(20001, "public", "hstore", 'b', 0, 0, -1, false, [])];
        var encoder = Encoded.Find(20000, modes: new ValueModes { HstoreAsMap = asMap }, types: types);
        Assert.Equal(json, Encoded.Written(encoder.WriteUnavailable));
    }

    [Theory]
    [InlineData(Bool, "false")]
    [InlineData(Numeric, "{\"scale\":0,\"value\":\"AA==\"}")]
    [InlineData(TimestampTz, "\"1970-01-01T00:00:00Z\"")]
    [InlineData(TimeTz, "\"00:00:00Z\"")]
    [InlineData(1007, "[]")]
    [InlineData(Uuid, "\"\"")]
    public void Zero_of_a_required_column(uint oid, string json) => Assert.Equal(json, Encoded.Written(Encoded.Find(oid).WriteZero));

    [Fact]
    public void A_domain_is_what_it_is_over()
    {
        var outer = new CatalogType(20001, "public", "price2", 'd', 0, 20000, -1, false, []);
        var inner = new CatalogType(20000, "public", "price", 'd', 0, Numeric, 524294, false, []);
        Assert.Equal("\"AOE=\"", Encoded.Json(Encoded.Find(20001, types: [outer, inner]), "2.25"));
    }

    [Fact]
    public void An_enum_array_with_a_null_is_null()
    {
        var mood = new CatalogType(20000, "public", "mood", 'e', 0, 0, -1, false, ["sad", "ok"]);
        var moods = new CatalogType(20001, "public", "_mood", 'b', 20000, 0, -1, false, []);
        var encoder = Encoded.Find(20001, types: [mood, moods]);
        Assert.Equal("[\"sad\",\"ok\"]", Encoded.Json(encoder, "{sad,ok}"));
        Assert.Equal("null", Encoded.Json(encoder, "{NULL,ok}"));
    }

    [Theory]
    [InlineData(791u)] // money[]
    [InlineData(1003u)] // name[]
    [InlineData(2201u)] // refcursor[]
    [InlineData(3220u)] // pg_lsn
    [InlineData(3221u)] // pg_lsn[]
    public void Left_out(uint oid) => Assert.Null(new EncoderTable(new ValueModes(), Encoded.Catalog()).Find(oid, -1, RowOrigin.Stream));

    [Theory]
    [InlineData(3220u, "16/B374D848", "\"MTYvQjM3NEQ4NDg=\"")]
    [InlineData(3221u, "{0/1}", "[\"MC8x\"]")]
    [InlineData(718u, "<(1,2),3>", "\"PCgxLjAsMi4wKSwzLjA+\"")] // circle: Java's doubles
    public void Unknown_types_as_bytes(uint oid, string text, string json) => Assert.Equal(json, Encoded.Json(Encoded.Find(oid, modes: new ValueModes { IncludeUnknown = true }), text));

    /// <summary>131,072 digits before the point are the most that numeric takes.</summary>
    [Fact]
    public void The_longest_numeric()
    {
        string digits = "-" + new string('9', 131_072) + "." + new string('9', 16_383);
        string json = Encoded.Json(Encoded.Find(Numeric), digits);
        byte[] octets = Convert.FromBase64String(json["{\"scale\":16383,\"value\":\"".Length..^2]);
        var unscaled = new System.Numerics.BigInteger(octets, isBigEndian: true);
        Assert.Equal(-(System.Numerics.BigInteger.Pow(10, 131_072 + 16_383) - 1), unscaled);
    }

    [Theory]
    [InlineData(Int2, "32768")]
    [InlineData(Int4, "007")]
    [InlineData(Int4, "")]
    [InlineData(Date, "2023-02-29")]
    [InlineData(Date, "11/04/2016")]
    [InlineData(Time, "24:00:01")]
    [InlineData(Numeric, "1e5")]
    [InlineData(Bytea, "abc")]
    [InlineData(1007u, "{1,2")]
    [InlineData(1007u, "{1,2}}")]
    [InlineData(Interval, "@ 1 day")]
    public void What_Postgres_never_writes_is_refused(uint oid, string text) => Assert.Throws<UnrepresentableValueException>(() => Encoded.Json(Encoded.Find(oid), text));
}
