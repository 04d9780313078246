using Penstock.Debezium.Values;
using Penstock.Postgres.Catalog;

namespace Penstock.DebeziumTests.Documentation;

/// <summary>A type as the tables of docs/events.md show it.</summary>
/// <param name="Name">As CREATE TABLE takes it.</param>
/// <param name="Oid">pg_type.oid.</param>
/// <param name="Modifier">atttypmod.</param>
/// <param name="Axis">The modes that change its form.</param>
/// <param name="Texts">Values as Postgres writes them; the first is an ordinary one.</param>
internal sealed record DocumentedType(string Name, uint Oid, int Modifier, ModeAxis Axis, params string[] Texts)
{
    // Built-in types with a fixed length (typlen above 0).
    private static readonly HashSet<uint> FixedLength = [16, 18, 19, 20, 21, 23, 26, 600, 601, 603, 628, 700, 701, 718, 774, 790, 829, 1082, 1083, 1114, 1184, 1186, 1266, 2950, 3220];

    /// <summary>attndims.</summary>
    public int Dimensions { get; init; } = 1;

    /// <summary>Values of it may be stored apart.</summary>
    public bool MayBeToasted => !FixedLength.Contains(Oid);
}

/// <summary>A setting that changes forms, and its values as the tables name them; the first is the default.</summary>
internal sealed record ModeAxis(string Setting, params (string Label, Func<ValueModes, ValueModes> Set)[] Modes)
{
    public static ModeAxis None { get; } = new("", ("", m => m));

    public static ModeAxis Decimal { get; } = new(
        "PENSTOCK_DECIMAL_HANDLING_MODE",
        ("precise", m => m),
        ("precise, NUMERIC", m => m with { DecimalFormatNumeric = true }),
        ("double", m => m with { Decimal = DecimalMode.Double }),
        ("string", m => m with { Decimal = DecimalMode.Text }));

    public static ModeAxis Time { get; } = new(
        "PENSTOCK_TIME_PRECISION_MODE",
        ("adaptive", m => m),
        ("adaptive_time_microseconds", m => m with { Time = TimeMode.AdaptiveTimeMicroseconds }),
        ("connect", m => m with { Time = TimeMode.Connect }),
        ("isostring", m => m with { Time = TimeMode.IsoString }),
        ("microseconds", m => m with { Time = TimeMode.Microseconds }),
        ("nanoseconds", m => m with { Time = TimeMode.Nanoseconds }));

    public static ModeAxis Binary { get; } = new(
        "PENSTOCK_BINARY_HANDLING_MODE",
        ("bytes", m => m),
        ("base64", m => m with { Binary = BinaryMode.Base64 }),
        ("base64-url-safe", m => m with { Binary = BinaryMode.Base64UrlSafe }),
        ("hex", m => m with { Binary = BinaryMode.Hex }));

    public static ModeAxis Interval { get; } = new("PENSTOCK_INTERVAL_HANDLING_MODE", ("numeric", m => m), ("string", m => m with { IntervalAsText = true }));

    public static ModeAxis Hstore { get; } = new("PENSTOCK_HSTORE_HANDLING_MODE", ("json", m => m), ("map", m => m with { HstoreAsMap = true }));

    public static ModeAxis Unknown { get; } = new("PENSTOCK_INCLUDE_UNKNOWN_DATATYPES", ("false", m => m), ("true", m => m with { IncludeUnknown = true }));
}

/// <summary>Every type, in the groups of the page.</summary>
internal static class DocumentedTypes
{
    private static readonly ModeAxis None = ModeAxis.None;

    /// <summary>Types whose OIDs a database chooses.</summary>
    public static CatalogType[] Catalog { get; } =
    [
        Type(20000, "mood", 'e', 0, "sad", "ok"), Type(20001, "_mood", 'b', 20000),
        Type(20002, "hstore", 'b', 0), Type(20003, "_hstore", 'b', 20002),
        Type(20004, "citext", 'b', 0), Type(20005, "_citext", 'b', 20004),
        Type(20006, "ltree", 'b', 0), Type(20007, "_ltree", 'b', 20006),
        Type(20008, "isbn", 'b', 0), Type(20009, "ean13", 'b', 0),
        Type(20010, "geometry", 'b', 0), Type(20011, "geography", 'b', 0), Type(20012, "_geometry", 'b', 20010),
        Type(20013, "vector", 'b', 0), Type(20014, "halfvec", 'b', 0), Type(20015, "sparsevec", 'b', 0),
        Type(20016, "pair", 'c', 0), Type(20017, "_pair", 'b', 20016),
        new(20018, "public", "price", 'd', 0, 1700, 524294, false, []), Type(20019, "_price", 'b', 20018),
    ];

    public static (string Title, DocumentedType[] Types)[] Groups { get; } =
    [
        ("Numbers and booleans",
        [
            new("bool", 16, -1, None, "t"), new("int2", 21, -1, None, "-32768"), new("int4", 23, -1, None, "42"), new("int8", 20, -1, None, "9223372036854775807"), new("oid", 26, -1, None, "4294967295"),
            new("float4", 700, -1, None, "1.5", "1e+10", "NaN"), new("float8", 701, -1, None, "0.1", "1e+22", "-Infinity"),
            new("numeric(5,2)", 1700, 327686, ModeAxis.Decimal, "12.50", "NaN"), new("numeric(5,-2)", 1700, 329730, ModeAxis.Decimal, "12300"),
            new("numeric", 1700, -1, ModeAxis.Decimal, "12.50", "Infinity"), new("money", 790, -1, ModeAxis.Decimal, "-$1,234.50"),
        ]),
        ("Text",
        [
            new("text, varchar, citext", 25, -1, None, "a \"b\""), new("char(5)", 1042, 9, None, "ab   "), new("\"char\"", 18, -1, None, "x"), new("name", 19, -1, None, "pg_class"),
            new("uuid", 2950, -1, None, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), new("json", 114, -1, None, "{\"a\" : 1}"), new("jsonb", 3802, -1, None, "{\"a\": 1}"), new("xml", 142, -1, None, "<a/>"),
            new("tsvector", 3614, -1, None, "'a':1"), new("enum", 20000, -1, None, "ok"), new("inet", 869, -1, None, "10.0.0.1/8"), new("cidr", 650, -1, None, "10.0.0.0/8"),
            new("macaddr", 829, -1, None, "08:00:2b:01:02:03"), new("macaddr8", 774, -1, None, "08:00:2b:01:02:03:04:05"), new("int4range (all ranges)", 3904, -1, None, "[1,5)"),
            new("isbn", 20008, -1, None, "0-393-04002-X"), new("ltree", 20006, -1, None, "Top.Science"),
        ]),
        ("Bytes and bits",
        [
            new("bytea", 17, -1, ModeAxis.Binary, "\\xfbff00"), new("bit(1)", 1560, 1, None, "1"), new("bit(11)", 1560, 11, None, "00000000101"), new("bit varying", 1562, -1, None, "0010"),
            new("bit varying(1)", 1562, 1, None, "1", ""), new("bit (CREATE TABLE AS)", 1560, -1, None, "0010"),
        ]),
        ("Dates and times",
        [
            new("date", 1082, -1, ModeAxis.Time, "2016-11-04", "0044-03-15 BC", "infinity"), new("time(3)", 1083, 3, ModeAxis.Time, "13:51:30.123"), new("time", 1083, -1, ModeAxis.Time, "13:51:30.123456", "24:00:00"),
            new("timetz", 1266, -1, None, "13:51:30.5+02", "24:00:00+00"), new("timestamp(3)", 1114, 3, ModeAxis.Time, "2016-11-04 13:51:30.123", "infinity"),
            new("timestamp", 1114, -1, ModeAxis.Time, "2016-11-04 13:51:30.123456", "294276-12-31 23:59:59", "-infinity"), new("timestamptz(0)", 1184, 0, None, "2016-11-04 13:51:30+02"),
            new("timestamptz", 1184, -1, None, "2016-11-04 13:51:30.12+00", "infinity"), new("interval", 1186, -1, ModeAxis.Interval, "1 year 2 mons 3 days 04:05:06.78", "178000000 years"),
        ]),
        ("Structures and extensions",
        [
            new("point", 600, -1, None, "(1,2)"), new("hstore", 20002, -1, ModeAxis.Hstore, "\"a\"=>\"1\", \"b\"=>NULL"), new("geometry", 20010, -1, None, "0101000020E6100000000000000000F03F0000000000000040"),
            new("geography", 20011, -1, None, "0101000020E6100000000000000000F03F0000000000000040"), new("vector", 20013, -1, None, "[1,2.5]"), new("halfvec", 20014, -1, None, "[1,2.5]"),
            new("sparsevec", 20015, -1, None, "{1:1.5,3:2}/5", "{1:1.5}/40000"), new("domain over numeric(8,2)", 20018, -1, None, "2.25"),
        ]),
        ("Arrays",
        [
            new("bool[]", 1000, -1, None, "{t,NULL}"), new("int2[]", 1005, -1, None, "{1,NULL}"), new("int4[]", 1007, -1, None, "{1,NULL}", "[0:1]={7,8}", "{{1,2},{3,4}}"), new("int4[][]", 1007, -1, None, "{{1,2},{3,4}}", "{1,2}") { Dimensions = 2 },
            new("int8[]", 1016, -1, None, "{1,NULL}"), new("oid[]", 1028, -1, None, "{1,NULL}"), new("float4[]", 1021, -1, None, "{1.5,NaN}"), new("float8[]", 1022, -1, None, "{1.5,NaN}"),
            new("numeric(5,2)[]", 1231, 327686, ModeAxis.Decimal, "{1.50,NULL}", "{1.50,NaN}"), new("numeric[]", 1231, -1, ModeAxis.Decimal, "{1.50}"), new("money[]", 791, -1, None, "{$1.50}"),
            new("text[], varchar[]", 1009, -1, None, "{a,\"b c\",NULL}", "{{a,b},{c,d}}"), new("text[][]", 1009, -1, None, "{{a,b},{c,d}}") { Dimensions = 2 }, new("char(3)[]", 1014, 7, None, "{\"a  \"}"), new("name[]", 1003, -1, None, "{a}"),
            new("uuid[]", 2951, -1, None, "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"), new("json[]", 199, -1, None, "{\"{\\\"a\\\" : 1}\"}"), new("jsonb[]", 3807, -1, None, "{\"{\\\"a\\\": 1}\"}"), new("xml[]", 143, -1, None, "{<a/>}"),
            new("tsvector[]", 3643, -1, None, "{'a':1}", "{'a':1,NULL}"), new("enum[]", 20001, -1, None, "{ok}", "{ok,NULL}"), new("citext[]", 20005, -1, None, "{a,NULL}"), new("ltree[]", 20007, -1, None, "{Top}", "{Top,NULL}"),
            new("inet[] (cidr, macaddr)", 1041, -1, None, "{10.0.0.1,NULL}"), new("int4range[] (all ranges)", 3905, -1, None, "{\"[1,5)\",NULL}"), new("bytea[]", 1001, -1, ModeAxis.Binary, "{\"\\\\xfbff00\",NULL}"),
            new("bit(3)[]", 1561, 3, None, "{101}"), new("bit varying[]", 1563, -1, None, "{101}"), new("date[]", 1182, -1, ModeAxis.Time, "{2016-11-04}", "{1582-10-10}"), new("time[]", 1183, -1, ModeAxis.Time, "{13:51:30.123456}"),
            new("timetz[]", 1270, -1, None, "{13:51:30.5+02}"), new("timestamp[]", 1115, -1, ModeAxis.Time, "{\"2016-11-04 13:51:30.123456\"}"), new("timestamptz[]", 1185, -1, None, "{\"0044-03-15 00:00:00+00 BC\"}"),
            new("interval[]", 1187, -1, ModeAxis.Interval, "{\"1 day\"}"), new("point[]", 1017, -1, None, "{\"(1,2)\"}"), new("hstore[]", 20003, -1, ModeAxis.Hstore, "{\"\\\"a\\\"=>\\\"1\\\"\"}"), new("geometry[]", 20012, -1, None, "{0101000020E6100000000000000000F03F0000000000000040}"),
            new("domain[]", 20019, -1, None, "{2.25}"), new("refcursor[]", 2201, -1, None, "{c}"),
        ]),
        ("Types that Debezium does not know",
        [
            new("box", 603, -1, ModeAxis.Unknown, "(1,1),(0,0)"), new("circle, lseg, line", 718, -1, ModeAxis.Unknown, "<(1,2),3>"), new("path, polygon", 602, -1, ModeAxis.Unknown, "[(1,2),(3,4)]"), new("pg_lsn, xid", 3220, -1, ModeAxis.Unknown, "16/B374D848"), new("tsquery, jsonpath, multiranges, cube, seg, ...", 4451, -1, ModeAxis.Unknown, "{[1,3)}"),
            new("ean13, issn, upc, ...", 20009, -1, ModeAxis.Unknown, "978-0-393-04002-9"), new("composite", 20016, -1, ModeAxis.Unknown, "(1,a)"), new("composite[]", 20017, -1, ModeAxis.Unknown, "{\"(1,a)\"}"), new("pg_lsn[]", 3221, -1, ModeAxis.Unknown, "{0/1}"),
        ]),
    ];

    private static CatalogType Type(uint oid, string name, char kind, uint element, params string[] labels) => new(oid, "public", name, kind, element, 0, -1, false, labels);
}
