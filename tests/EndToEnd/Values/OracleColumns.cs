using FsCheck;
using static FsCheck.Fluent.Gen;
using static Penstock.EndToEnd.Values.OracleNumbers;
using static Penstock.EndToEnd.Values.OracleTimes;
using static Penstock.EndToEnd.Values.OracleTypes;

namespace Penstock.EndToEnd.Values;

/// <summary>Every built-in type that a column can have, enums, domains, composites, types of extensions, and the arrays of all of them.</summary>
internal static class OracleColumns
{
    private static readonly OracleColumn Integer = Plain("int4", ValueTexts.Integers(int.MinValue, int.MaxValue));
    private static readonly OracleColumn Price = Numeric("numeric_12_3", "numeric(12,3)", ValueTexts.Numerics(9, 3), 3);
    private static readonly OracleColumn Free = Numeric("numeric_free", "numeric", ValueTexts.Numerics(60, 40), null);
    private static readonly OracleColumn Mood = Plain("mood", ValueTexts.Moods);
    private static readonly OracleColumn Phrase = Plain("varchar", ValueTexts.Texts);

    /// <summary>Types whose arrays are written, too, and have nothing of their own.</summary>
    private static readonly OracleColumn[] Ordinary =
    [
        Plain("bool", ValueTexts.Booleans), Plain("int2", ValueTexts.Integers(short.MinValue, short.MaxValue)), Integer, Plain("int8", ValueTexts.Integers(long.MinValue, long.MaxValue)),
        Plain("oid", ValueTexts.Integers(0, uint.MaxValue)), Plain("float4", ValueTexts.Doubles), Plain("float8", ValueTexts.Doubles),
        Plain("text", ValueTexts.Texts), Phrase, Plain("varchar(20)", ValueTexts.Texts), Plain("char(10)", ValueTexts.Words), Plain("\"char\"", ValueTexts.Ascii),
        Plain("uuid", ValueTexts.Uuids), Plain("json", ValueTexts.Jsons), Plain("jsonb", ValueTexts.Jsons), Plain("inet", ValueTexts.Addresses), Plain("cidr", ValueTexts.Networks),
        Plain("macaddr", ValueTexts.MacAddresses(6)), Plain("macaddr8", ValueTexts.MacAddresses(8)), Range("int4range", Integers), Range("int8range", Integers), Range("numrange", ValueTexts.Numerics(10, 10)),
        Range("daterange", ValueTexts.Dates), Range("tsrange", ValueTexts.Timestamps), Range("tstzrange", ValueTexts.ZonedTimestamps), Bytea(), Date(), Time("time", "time", 6), ZonedTime(),
        ZonedTimestamp("timestamptz", "timestamptz"), Plain("citext", ValueTexts.Texts, "citext"), Hstore(),
    ];

    /// <summary>Types whose arrays Debezium leaves out.</summary>
    private static readonly OracleColumn[] WithoutArrays =
    [
        Money(), Name(), Plain("xml", ValueTexts.Xmls), VarBits("varbit"), Interval(), Point(), Unknown("refcursor", ValueTexts.Words),
    ];

    private static readonly OracleColumn[] Domains =
    [
        Integer.Named("domain_quantity", "quantity"), Price.Named("domain_price", "price"), Price.Named("domain_list_price", "list_price"), Phrase.Named("domain_phrase", "phrase"),
    ];

    private static readonly OracleColumn[] Unknowns =
    [
        Unknown("int4multirange", ValueTexts.MultiRanges(Integers)), Unknown("int8multirange", ValueTexts.MultiRanges(Integers)), Unknown("nummultirange", ValueTexts.MultiRanges(ValueTexts.Numerics(5, 5))),
        Unknown("datemultirange", ValueTexts.MultiRanges(ValueTexts.Dates)), Unknown("tsmultirange", ValueTexts.MultiRanges(ValueTexts.Timestamps)), Unknown("tstzmultirange", ValueTexts.MultiRanges(ValueTexts.ZonedTimestamps)),
        Unknown("tsquery", ValueTexts.Queries), Unknown("jsonpath", Elements("$.a[*]", "$", "strict $.\"x y\" ? (@ > 1)")), Unknown("pg_lsn", Elements("0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF")),
        Unknown("xid8", ValueTexts.Integers(0, long.MaxValue)), Unknown("xid", ValueTexts.Integers(0, uint.MaxValue)), Unknown("cid", ValueTexts.Integers(0, uint.MaxValue)), Unknown("tid", Elements("(0,1)", "(4294967295,65535)")),
        Unknown("pg_snapshot", Elements("10:20:10,14,15", "10:10:")), Unknown("txid_snapshot", Elements("10:20:10,14,15", "10:10:")), Unknown("aclitem", Elements("pg_read_all_data=r/pg_monitor", "=r*/pg_monitor")),
        Unknown("regproc", Elements("now", "-")), Unknown("regprocedure", Elements("lower(text)", "abs(integer)")), Unknown("regoper", Elements("||/", "@@@")), Unknown("regoperator", Elements("+(integer,integer)")),
        Unknown("regclass", Elements("pg_class", "pg_type")), Unknown("regtype", Elements("int4", "timestamptz[]")), Unknown("regrole", Elements("pg_monitor")), Unknown("regnamespace", Elements("pg_catalog")),
        Unknown("regcollation", Elements("\"C\"", "\"default\"")), Unknown("regconfig", Elements("english", "simple")), Unknown("regdictionary", Elements("simple")),
        Unknown("box", ValueTexts.Repeated(ValueTexts.Points, 2, 2, p => string.Join(',', p))), Unknown("lseg", ValueTexts.Repeated(ValueTexts.Points, 2, 2, p => $"[{string.Join(',', p)}]")),
        Unknown("path", ValueTexts.Repeated(ValueTexts.Points, 1, 5, p => $"[{string.Join(',', p)}]")), Unknown("polygon", ValueTexts.Repeated(ValueTexts.Points, 1, 5, p => $"({string.Join(',', p)})")),
        Unknown("circle", ValueTexts.Repeated(ValueTexts.Points, 1, 1, p => $"<{p.First()},2.5>")), Unknown("line", ValueTexts.Repeated(ValueTexts.Points, 2, 2, p => string.Join(',', p))),
    ];

    public static readonly OracleColumn[] All =
    [
        .. Ordinary, .. Ordinary.Select(c => c.Array()), .. WithoutArrays, .. WithoutArrays.Select(MissingArray), .. Domains, .. Domains.Select(DomainArray),
        .. Unknowns, .. Unknowns.Select(c => c.Array(SpoiltByNull, c.Type == "box" ? ';' : ',')),

        Free, Free.Array(SpoiltBy("NaN", "Infinity", "-Infinity")), Price, Price.Array(SpoiltBy("NaN")), Numeric("numeric_extreme", "numeric", ValueTexts.ExtremeNumerics, null),
        Numeric("numeric_3_5", "numeric(3,5)", ValueTexts.Numerics(0, 5), 5), Numeric("numeric_38_0", "numeric(38,0)", ValueTexts.Numerics(38, 0), 0),
        Numeric("numeric_400", "numeric(400,200)", ValueTexts.Numerics(200, 200), 200), Numeric("numeric_negative_scale", "numeric(6,-3)", ValueTexts.Numerics(9, 0), -3),

        Bits("bit(12)", 12), BitArray(Bits("bit(12)", 12)), SingleBit(), SingleVarBit(), VarBits("varbit(77)"),

        Time("time_3", "time(3)", 3), Time("time_0", "time(0)", 0), Timestamp("timestamp", "timestamp", 6), Timestamp("timestamp_3", "timestamp(3)", 3), Timestamp("timestamp_0", "timestamp(0)", 0),
        (Timestamp("timestamp_recent", "timestamp", 6) with { Texts = ValueTexts.RecentTimestamps }).Array(), ZonedTimestamp("timestamptz_2", "timestamptz(2)"),

        Mood, Mood.Array(SpoiltByNull), Plain("tsvector", ValueTexts.SearchTexts), Plain("tsvector", ValueTexts.SearchTexts).Array(SpoiltByNull),
        Plain("ltree", ValueTexts.Labels, "ltree"), Plain("ltree", ValueTexts.Labels, "ltree").Array(SpoiltByNull), Geometry(),

        Square(Integer), Square(Plain("text", ValueTexts.Words)), Square(Plain("bool", ValueTexts.Booleans)),

        Unknown("pair", Elements("(1,a)", "(,\"x, \"\"y\"\"\")", "(2,)")), Vector("int2vector", Elements("1 2 3", "7")), Vector("oidvector", Elements("1 2 3", "4294967295")),
        Unknown("cube", Elements("(1, 2)", "(1),(2.5)"), "cube"),
    ];

    /// <summary>Built-in types, and arrays of them, that no column takes a value of.</summary>
    public static readonly string[] Without =
    [
        "gtsvector", "pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary", "gtsvector[]", "int2vector[]", "oidvector[]",
    ];

    private static Gen<string> Integers => ValueTexts.Integers(-2_000_000_000, 2_000_000_000);
}
