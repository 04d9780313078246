using System.Text;
using Penstock.Postgres.Catalog;

namespace Penstock.DebeziumTests.Values;

/// <summary>Types of every kind of encoder, and texts as Postgres writes them: what generated and mutated values begin with.</summary>
internal static class SampleValues
{
    /// <summary>Types that are not built in.</summary>
    public static readonly CatalogType[] Types =
    [
        new(20000, "public", "mood", 'e', 0, 0, -1, false, ["sad", "ok"]),
        new(20001, "public", "_mood", 'b', 20000, 0, -1, false, []),
        new(20002, "public", "hstore", 'b', 0, 0, -1, false, []),
        new(20003, "public", "_hstore", 'b', 20002, 0, -1, false, []),
        new(20004, "public", "geometry", 'b', 0, 0, -1, false, []),
        new(20005, "public", "_geometry", 'b', 20004, 0, -1, false, []),
        new(20006, "public", "vector", 'b', 0, 0, -1, false, []),
        new(20007, "public", "halfvec", 'b', 0, 0, -1, false, []),
        new(20008, "public", "sparsevec", 'b', 0, 0, -1, false, []),
        new(20009, "public", "price", 'd', 0, 1700, 524294, false, []),
        new(20010, "public", "ltree", 'b', 0, 0, -1, false, []),
        new(20011, "public", "_ltree", 'b', 20010, 0, -1, false, []),
    ];

    /// <summary>OIDs with an encoder, the ones above among them; those that need <c>include.unknown.datatypes</c> too.</summary>
    public static readonly uint[] Oids =
    [
        16, 17, 18, 19, 20, 21, 23, 25, 26, 114, 142, 600, 603, 628, 700, 701, 718, 790, 869, 1042, 1082, 1083, 1114, 1184, 1186, 1266, 1560, 1562, 1700, 2950, 3220, 3802, 3614, 3904,
        1000, 1001, 1005, 1007, 1009, 1020, 1021, 1022, 1115, 1182, 1183, 1185, 1231, 1270, 1561, 2951, 3221, 3643, 6150,
        20000, 20001, 20002, 20003, 20004, 20005, 20006, 20007, 20008, 20009, 20010, 20011,
    ];

    public static readonly int[] Modifiers = [-1, 0, 1, 3, 8, 655366, 329730];

    public static readonly string[] Texts =
    [
        "t", "1", "-32768", "9223372036854775807", "1.5e-07", "NaN", "-Infinity", "-123456789012345678901234567890.123456789", "$1,234.11", "\\xdeadbeef", "2016-11-04",
        "0044-03-15 BC", "13:51:30.123456", "24:00:00", "2016-11-04 13:51:30.123456+00", "4714-11-24 00:00:00 BC", "infinity", "1 year 2 mons -3 days +04:05:06.78", "1010",
        "(1,-2.5)", "((0,0),(1,1))", "{1,NULL,3}", "{\"a \\\"b\\\"\",NULL,{x}}", "[0:1]={7,8}", "{{1,2},{3,4}}", "\"a\"=>\"1\", \"b\"=>NULL", "[1,2.5,-3]", "{1:1.5,3:2}/5",
        "0101000020730C00001C7C613255DE6540787AA52C435C42C0", "\u00e9\ud83d\ude00\u2028\"\\\n", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "<(1,2),3>", "",
    ];

    public static readonly byte[][] Utf8 = [.. Texts.Select(Encoding.UTF8.GetBytes)];

    /// <summary>A text that the type may well have, for a type of <see cref="Oids"/>.</summary>
    public static string TextOf(uint oid) => oid switch
    {
        16 => "t",
        17 => "\\xdeadbeef",
        20 or 21 or 23 or 26 => "-32768",
        114 or 3802 => "{\"a\": [1, null, \"\u00e9\"]}",
        600 => "(1,-2.5)",
        603 or 628 or 718 => "((0,0),(1,1))",
        700 or 701 => "1.5e-07",
        790 => "$1,234.11",
        1082 => "2016-11-04",
        1083 => "13:51:30.123456",
        1114 => "2016-11-04 13:51:30.123456",
        1184 => "2016-11-04 13:51:30.123456+00",
        1186 => "1 year 2 mons -3 days +04:05:06.78",
        1266 => "13:51:30.123456+02",
        1560 or 1562 => "1010",
        1700 or 20009 => "-1234.56",
        2950 => "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        1000 => "{t,f,NULL}",
        1005 or 1007 => "{1,NULL,3}",
        1021 or 1022 or 1231 => "{1.5,NULL,-3}",
        1115 or 1185 => "{\"2016-11-04 13:51:30.123456+00\",NULL}",
        1182 => "{2016-11-04}",
        1183 or 1270 => "{13:51:30.123456}",
        1001 => "{\"\\\\xdeadbeef\"}",
        20002 => "\"a\"=>\"1\", \"b\"=>NULL",
        20003 => "{\"\\\"a\\\"=>\\\"1\\\"\"}",
        20004 => "0101000020730C00001C7C613255DE6540787AA52C435C42C0",
        20006 or 20007 => "[1,2.5,-3]",
        20008 => "{1:1.5,3:2}/5",
        20000 => "sad",
        20001 => "{sad,ok}",
        1009 or 1020 or 2951 or 3221 or 3643 or 20005 or 20011 => "{x}",
        _ => "\u00e9\ud83d\ude00\u2028\"\\\n",
    };
}
