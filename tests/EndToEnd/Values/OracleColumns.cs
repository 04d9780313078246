using Penstock.Debezium.Values;

namespace Penstock.EndToEnd.Values;

/// <summary>Every type that has an encoder, with its arrays, and types that appear with <c>include.unknown.datatypes</c> only.</summary>
internal static class OracleColumns
{
    private const string NoSpecials = "NaN and the infinities are null in precise (docs/events.md, Types)";
    private const string IsSpecial = "v IN ('NaN', 'Infinity', '-Infinity')";

    private static readonly OracleColumn Integer = Plain("int4", ValueTexts.Integers(int.MinValue, int.MaxValue));
    private static readonly OracleColumn Price = Numeric("numeric_12_3", "numeric(12,3)", 9, 3, 3);
    private static readonly OracleColumn Free = Numeric("numeric_free", "numeric", 60, 40, null);
    private static readonly OracleColumn Mood = Plain("mood", ValueTexts.Moods);
    private static readonly OracleColumn Phrase = Plain("varchar", ValueTexts.Texts);

    public static readonly OracleColumn[] All =
    [
        Plain("bool", ValueTexts.Booleans), Plain("int2", ValueTexts.Integers(short.MinValue, short.MaxValue)), Integer, Plain("int8", ValueTexts.Integers(long.MinValue, long.MaxValue)),
        Plain("oid", ValueTexts.Integers(0, uint.MaxValue)), Plain("float4", ValueTexts.Doubles), Plain("float8", ValueTexts.Doubles),
        Free, Price, Numeric("numeric_3_5", "numeric(3,5)", 0, 5, 5), Numeric("numeric_38_0", "numeric(38,0)", 38, 0, 0), Numeric("numeric_400", "numeric(400,200)", 200, 200, 200),
        // Debezium reads the scale without its sign, 11 bits of it (capture B4).
        Numeric("numeric_negative_scale", "numeric(6,-3)", 9, 0, 2045),
        Money(),
        Plain("text", ValueTexts.Texts), Phrase, Plain("varchar(20)", ValueTexts.Texts), Plain("char(10)", ValueTexts.Words), Plain("\"char\"", ValueTexts.Ascii), Name(),
        Plain("uuid", ValueTexts.Uuids), Plain("json", ValueTexts.Jsons), Plain("jsonb", ValueTexts.Jsons), Plain("xml", ValueTexts.Xmls), Plain("tsvector", ValueTexts.SearchTexts),
        Plain("inet", ValueTexts.Addresses), Plain("cidr", ValueTexts.Networks), Plain("macaddr", ValueTexts.MacAddresses(6)), Plain("macaddr8", ValueTexts.MacAddresses(8)),
        Range("int4range", Integers), Range("int8range", Integers), Range("numrange", ValueTexts.Numerics(10, 10)), Range("daterange", ValueTexts.Dates),
        Range("tsrange", ValueTexts.Timestamps), Range("tstzrange", ValueTexts.ZonedTimestamps),
        Bytea(), Bits("bit(12)", 12), SingleBit("bit(1)"), SingleBit("varbit(1)"), VarBits("varbit"), VarBits("varbit(77)"),
        Date(), Time("time", 6), Time("time(3)", 3), Time("time(0)", 0), ZonedTime(), Timestamp("timestamp", 6), Timestamp("timestamp(3)", 3), Timestamp("timestamp(0)", 0),
        ZonedTimestamp("timestamptz"), ZonedTimestamp("timestamptz(2)"), Interval(), Point(),
        Mood, Integer.Named("domain_quantity", "quantity"), Price.Named("domain_price", "price"), Price.Named("domain_list_price", "list_price"), Phrase.Named("domain_phrase", "phrase"),
        Plain("citext", ValueTexts.Texts, "citext"), Plain("ltree", ValueTexts.Labels, "ltree"), Hstore(), Geometry(),

        Plain("bool", ValueTexts.Booleans).Array(), Integer.Array(), Plain("int8", Integers).Array(), Plain("oid", ValueTexts.Integers(0, uint.MaxValue)).Array(),
        Plain("float4", ValueTexts.Doubles).Array(), Plain("float8", ValueTexts.Doubles).Array(), Free.Array(Spoilt("NaN", "Infinity", "-Infinity")), Price.Array(Spoilt("NaN")),
        Plain("text", ValueTexts.Texts).Array(), Plain("varchar(20)", ValueTexts.Texts).Array(), Plain("char(4)", ValueTexts.Words).Array(), Plain("\"char\"", ValueTexts.Ascii).Array(),
        Plain("uuid", ValueTexts.Uuids).Array(), Plain("json", ValueTexts.Jsons).Array(), Plain("jsonb", ValueTexts.Jsons).Array(), Plain("inet", ValueTexts.Addresses).Array(),
        Plain("cidr", ValueTexts.Networks).Array(), Plain("macaddr", ValueTexts.MacAddresses(6)).Array(), Range("int4range", Integers).Array(), Range("tsrange", ValueTexts.Timestamps).Array(),
        Plain("tsvector", ValueTexts.SearchTexts).Array(SpoiltByNull), Bytea().Array(), Date().Array(), Time("time", 6).Array(), ZonedTime().Array(), ZonedTimestamp("timestamptz").Array(),
        Timestamp("timestamp", 6) with { Name = "timestamp_recent_array", Type = "timestamp[]", Texts = ValueTexts.Arrays(ValueTexts.RecentTimestamps), Read = Timestamp("timestamp", 6).Array().Read },
        Mood.Array(SpoiltByNull), Plain("citext", ValueTexts.Texts, "citext").Array(), Plain("ltree", ValueTexts.Labels, "ltree").Array(SpoiltByNull), Hstore().Array(),
        Missing("money", ValueTexts.Integers(-100, 100)).Array(), Missing("name", ValueTexts.Words).Array(), Missing("interval", ValueTexts.Intervals).Array(), Missing("xml", ValueTexts.Xmls).Array(),
        Missing("point", ValueTexts.Points).Array(), Missing("varbit", ValueTexts.Bits(0, 9)).Array(),

        Unknown("int4multirange", ValueTexts.MultiRanges(Integers)), Unknown("nummultirange", ValueTexts.MultiRanges(ValueTexts.Numerics(5, 5))), Unknown("tstzmultirange", ValueTexts.MultiRanges(ValueTexts.ZonedTimestamps)),
        Unknown("tsquery", ValueTexts.Queries), Unknown("jsonpath", FsCheck.Fluent.Gen.Elements("$.a[*]", "$", "strict $.\"x y\" ? (@ > 1)")), Unknown("pg_lsn", FsCheck.Fluent.Gen.Elements("0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF")),
        Unknown("xid8", ValueTexts.Integers(0, long.MaxValue)), Unknown("pair", FsCheck.Fluent.Gen.Elements("(1,a)", "(,\"x, \"\"y\"\"\")", "(2,)")),
        Unknown("box", ValueTexts.Repeated(ValueTexts.Points, 2, 2, p => string.Join(',', p))), Unknown("lseg", ValueTexts.Repeated(ValueTexts.Points, 2, 2, p => $"[{string.Join(',', p)}]")),
        Unknown("path", ValueTexts.Repeated(ValueTexts.Points, 1, 5, p => $"[{string.Join(',', p)}]")), Unknown("polygon", ValueTexts.Repeated(ValueTexts.Points, 1, 5, p => $"({string.Join(',', p)})")),
        Unknown("circle", ValueTexts.Repeated(ValueTexts.Points, 1, 1, p => $"<{p.First()},2.5>")), Unknown("line", ValueTexts.Repeated(ValueTexts.Points, 2, 2, p => string.Join(',', p))),
        Unknown("int4multirange", ValueTexts.MultiRanges(Integers)).Array(SpoiltByNull), Unknown("pg_lsn", FsCheck.Fluent.Gen.Elements("0/0", "16/B374D848")).Array(SpoiltByNull),
        Unknown("cube", FsCheck.Fluent.Gen.Elements("(1, 2)", "(1),(2.5)"), "cube"),
    ];

    private static FsCheck.Gen<string> Integers => ValueTexts.Integers(-2_000_000_000, 2_000_000_000);

    private static (string, string) SpoiltByNull => ("array_position(v, NULL) IS NOT NULL", "a null element makes the array null");

    private static (string, string) Spoilt(params string[] values) =>
        ($"v && ARRAY['{string.Join("','", values)}']::numeric[]", "one NaN or infinity spoils a numeric[] (docs/events.md, Types)");

    private static OracleColumn Plain(string type, FsCheck.Gen<string> texts, string? extension = null) => new(Table(type), type, texts, (_, _) => Reading.Exact($"j::{type}"), extension);

    private static OracleColumn Range(string type, FsCheck.Gen<string> bounds) => Plain(type, ValueTexts.Ranges(bounds));

    private static string Table(string type) => string.Concat(type.Where(c => c != '"').Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')).TrimEnd('_') + (type[0] == '"' ? "_quoted" : "");

    private static OracleColumn Name() => new("name", "name", ValueTexts.Words, (modes, path) =>
        path == OraclePath.Stream && !modes.IncludeUnknown ? Reading.Null with { Loss = "Debezium's stream decoder does not know name (capture A6)" } : Reading.Exact("j::name"));

    // A type whose arrays Debezium leaves out whatever the options say.
    private static OracleColumn Missing(string type, FsCheck.Gen<string> texts) => new($"no_{type}", type, texts, (_, _) => Reading.Absent);

    private static OracleColumn Unknown(string type, FsCheck.Gen<string> texts, string? extension = null) => new(
        $"unknown_{type}", type, texts, (modes, _) => modes.IncludeUnknown ? Reading.Exact($"convert_from({Decoded(modes)}, 'UTF8')::{type}") : Reading.Absent, extension);

    private static OracleColumn Numeric(string name, string type, int before, int behind, int? scale) => new(name, type, ValueTexts.Numerics(before, behind), (modes, _) => modes.Decimal switch
    {
        DecimalMode.Text => Reading.Exact("number(j)") with { Same = scale > 2000 ? "back = v" : "back::text = v::text" },
        DecimalMode.Double => Reading.Lossy(
            "digits in double",
            "j::float8",
            "CASE WHEN v::text IN ('NaN', 'Infinity', '-Infinity') OR v = 0 OR abs(v) BETWEEN 1e-300 AND 1e308 THEN back = v::float8 WHEN abs(v) < 1 THEN abs(back) <= 1e-300 ELSE abs(back) >= 1e308 END"),
        _ when scale is null => Reading.Lossy(
            "zeros at the end; " + NoSpecials, "scaled(decode(j::json ->> 'value', 'base64'), (j::json ->> 'scale')::int)", $"CASE WHEN {IsSpecial} THEN j IS NULL ELSE back = v END"),
        _ when modes.DecimalFormatNumeric => Reading.Lossy(NoSpecials, "j::numeric", $"CASE WHEN {IsSpecial} THEN j IS NULL ELSE {(scale > 2000 ? "back = v" : "back::text = v::text")} END"),
        _ => Reading.Lossy(NoSpecials, $"scaled(decode(j, 'base64'), {scale})", $"CASE WHEN {IsSpecial} THEN j IS NULL ELSE {(scale > 2000 ? "back = v" : $"back::{type}::text = v::text")} END"),
    });

    private static OracleColumn Money() => new("money", "money", ValueTexts.Numerics(16, 2), (modes, _) => modes.Decimal switch
    {
        DecimalMode.Text => Reading.Exact("j::numeric::money"),
        DecimalMode.Double => Reading.Lossy("digits in double", "j::float8", "back = v::numeric::float8"),
        _ when modes.DecimalFormatNumeric => Reading.Exact("j::numeric::money"),
        _ => Reading.Exact("scaled(decode(j, 'base64'), 2)::money"),
    });

    private static string Decoded(ValueModes modes) => modes.Binary switch
    {
        BinaryMode.Hex => "decode(j, 'hex')",
        BinaryMode.Base64UrlSafe => "decode(translate(j, '-_', '+/'), 'base64')",
        _ => "decode(j, 'base64')",
    };

    private static OracleColumn Bytea() => new("bytea", "bytea", ValueTexts.Octets, (modes, _) => Reading.Exact(Decoded(modes)));

    private static OracleColumn Bits(string type, int length) => new(Table(type), type, ValueTexts.Bits(length, length), (_, _) => Reading.Exact($"bits(decode(j, 'base64'), {length})"));

    private static OracleColumn SingleBit(string type) => new(Table(type) + (type[0] == 'v' ? "_one" : ""), type, ValueTexts.Bits(0, 1), (_, _) => Reading.Lossy(
        "an empty varbit(1) is null (capture B10)", "CASE j WHEN 'true' THEN '1' WHEN 'false' THEN '0' END", "CASE WHEN v::text = '' THEN j IS NULL ELSE back = v::text END"));

    private static OracleColumn VarBits(string type) => new(Table(type), type, ValueTexts.Bits(0, 77), (_, _) => Reading.Lossy(
        "the length of a varbit", "bits(decode(j, 'base64'), 8 * length(decode(j, 'base64')))", "ltrim(back, '0') = ltrim(v::text, '0')"));

    private static OracleColumn Date() => new("date", "date", ValueTexts.Dates, (modes, path) =>
    {
        bool iso = modes.Time == TimeMode.IsoString;
        string back = iso ? "CASE WHEN isfinite(v) THEN iso_date(rtrim(j, 'Z')) END" : "CASE WHEN isfinite(v) THEN date '1970-01-01' + j::int END";
        // Constants of captures A12 and A13: infinity becomes a number, another one by way of java.sql.Date.
        string infinite = (iso, path) switch
        {
            (false, OraclePath.Stream) => "j = CASE WHEN v = 'infinity' THEN '-2147472692' ELSE '-2147472691' END",
            (false, _) => "j = CASE WHEN v = 'infinity' THEN '-622191234' ELSE '-625821272' END",
            (true, OraclePath.Stream) => "j = CASE WHEN v = 'infinity' THEN '-5877611-06-21Z' ELSE '-5877611-06-22Z' END",
            _ => "j = CASE WHEN v = 'infinity' THEN '+292278994-08-16Z' ELSE '+292269055-12-02Z' END",
        };
        return path == OraclePath.Stream
            ? Reading.Lossy("infinity becomes a number", back, $"CASE WHEN isfinite(v) THEN back = v ELSE {infinite} END")
            : Reading.Lossy("infinity becomes a number; the era and the days of the calendar reform by way of java.sql.Date (capture A12)", back, $"CASE WHEN isfinite(v) THEN back = without_era(v) ELSE {infinite} END");
    });

    private static OracleColumn Time(string type, int precision) => new(Table(type), type, ValueTexts.Times, (modes, path) =>
    {
        (string back, int digits) = modes.Time switch
        {
            TimeMode.IsoString => ("rtrim(j, 'Z')::time", 6),
            TimeMode.Connect => ("time_of(j::numeric * 1000)", 3),
            TimeMode.Nanoseconds => ("time_of(j::numeric / 1000)", 6),
            TimeMode.Adaptive when precision <= 3 => ("time_of(j::numeric * 1000)", 3),
            _ => ("time_of(j::numeric)", 6),
        };
        bool wraps = path == OraclePath.Element || modes.Time == TimeMode.IsoString;
        digits = path == OraclePath.Element ? 3 : digits;
        string expected = digits == 3 ? "time_of(trunc(extract(epoch FROM v) * 1000) * 1000)" : "v";
        string same = wraps ? $"back::text = CASE WHEN v = '24:00' THEN '00:00:00' ELSE ({expected})::text END" : $"back::text = ({expected})::text";
        string loss = string.Join("; ", (string[])[.. digits < precision ? ["microseconds"] : System.Array.Empty<string>(), .. wraps ? ["24:00 is 00:00"] : System.Array.Empty<string>()]);
        return new Reading(back, same, loss.Length == 0 ? null : loss);
    });

    private static OracleColumn ZonedTime() => new("timetz", "timetz", ValueTexts.ZonedTimes, (_, path) => Reading.Lossy(
        path == OraclePath.Element ? "the zone; the fraction in arrays (capture A10)" : "the zone",
        "rtrim(j, 'Z')::time",
        path == OraclePath.Element ? "back = date_trunc('second', (v AT TIME ZONE interval '0')::time)::time" : "back::text = ((v AT TIME ZONE interval '0')::time)::text"));

    private static OracleColumn Timestamp(string type, int precision) => new(Table(type), type, ValueTexts.Timestamps, (modes, _) =>
    {
        string infinity(string after, string before) => $"j = CASE WHEN v = 'infinity' THEN '{after}' ELSE '{before}' END";
        switch (modes.Time)
        {
            case TimeMode.IsoString:
                return Reading.Lossy(
                    "infinity becomes a number",
                    "CASE WHEN isfinite(v) THEN iso_timestamp(j) END",
                    $"CASE WHEN isfinite(v) THEN back = v ELSE {infinity("+294247-01-10T04:00:25.2Z", "-290308-12-21T19:59:27.6Z")} END");
            case TimeMode.Connect:
            case TimeMode.Adaptive or TimeMode.AdaptiveTimeMicroseconds when precision <= 3:
                return Reading.Lossy(
                    precision <= 3 ? "infinity becomes a number" : "microseconds; infinity becomes a number",
                    "CASE WHEN isfinite(v) THEN from_us(j::numeric * 1000) END",
                    $"CASE WHEN isfinite(v) THEN back = from_us(floor(epoch_us(v) / 1000) * 1000) ELSE {infinity("9223372036825200", "-9223372036832400")} END");
            case TimeMode.Nanoseconds:
                // Java multiplies whole seconds first: the first one of the range is out of it.
                return Reading.Lossy(
                    "nanoseconds are null outside of 1677 to 2262; infinity becomes a number",
                    "CASE WHEN isfinite(v) THEN from_us(j::numeric / 1000) END",
                    $"CASE WHEN NOT isfinite(v) THEN {infinity("9223372036854775807", "-9223372036854775808")} WHEN v >= '1677-09-21 00:12:44' AND v < '2262-04-11 23:47:16.854776' THEN back = v ELSE j IS NULL END");
            default:
                // TimeUnit.SECONDS.toMicros saturates, the addition after it wraps (capture A13).
                return Reading.Lossy(
                    "beyond the year 294247 the number wraps; infinity becomes a number",
                    "CASE WHEN isfinite(v) AND v < '294247-01-10 04:00:54' THEN from_us(j::numeric) END",
                    $"CASE WHEN NOT isfinite(v) THEN {infinity("9223372036825200000", "-9223372036832400000")} WHEN v < '294247-01-10 04:00:54' THEN back = v "
                    + "ELSE j::numeric = (SELECT CASE WHEN n > 9223372036854775807 THEN n - 18446744073709551616 ELSE n END "
                    + "FROM (SELECT least(floor(epoch_us(v) / 1000000) * 1000000, 9223372036854775807) + mod(epoch_us(v), 1000000) AS n) w) END");
        }
    });

    private static OracleColumn ZonedTimestamp(string type) => new(Table(type), type, ValueTexts.ZonedTimestamps, (_, path) =>
    {
        const string Back = "CASE WHEN isfinite(v) THEN iso_timestamp(j) END";
        const string Utc = "(v AT TIME ZONE 'UTC')";
        return path == OraclePath.Element
            ? Reading.Lossy("the era and the days of the calendar reform in arrays (capture A10)", Back, $"CASE WHEN isfinite(v) THEN back = without_era({Utc}::date) + {Utc}::time ELSE j = v::text END")
            : new Reading(Back, $"CASE WHEN isfinite(v) THEN back = {Utc} ELSE j = v::text END");
    });

    // Java computes in doubles and saturates (capture A31).
    private static OracleColumn Interval() => new("interval", "interval", ValueTexts.Intervals, (modes, _) => modes.IntervalAsText ? Reading.Exact("j::interval") : Reading.Lossy(
        "months and days in numeric",
        "j::numeric",
        "abs(back - greatest(least(span_us(v), 9223372036854775807), -9223372036854775808)) <= greatest(1, abs(span_us(v)) * 1e-15)"));

    private static OracleColumn Point() => new("point", "point", ValueTexts.Points, (_, _) => Reading.Exact("point((j::json ->> 'x')::float8, (j::json ->> 'y')::float8)"));

    private static OracleColumn Hstore() => new(
        "hstore", "hstore", ValueTexts.Hstores, (_, _) => Reading.Exact("(SELECT coalesce(hstore(array_agg(key), array_agg(value)), '') FROM json_each_text(j::json))"), "hstore");

    private static OracleColumn Geometry() => new(
        "geometry",
        "geometry",
        FsCheck.Fluent.Gen.Elements("POINT(1 2)", "SRID=4326;POINT(-71.06 42.28)", "LINESTRING(0 0,1 1,2 1.5)", "POLYGON((0 0,4 0,4 4,0 4,0 0))", "POINT Z (1 2 3)", "GEOMETRYCOLLECTION EMPTY"),
        (_, _) => new Reading("ST_GeomFromEWKB(decode(j::json ->> 'wkb', 'base64'))", "back::text = v::text AND coalesce((j::json ->> 'srid')::int, 0) = ST_SRID(v)"),
        "postgis");
}
