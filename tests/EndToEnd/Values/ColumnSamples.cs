using System.Globalization;

namespace Penstock.EndToEnd.Values;

/// <summary>A column of a type, and SQL expressions for values of it: corners first, then any number of random ones.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Type">Type as CREATE TABLE takes it.</param>
/// <param name="Corners">Values that are known to be hard.</param>
/// <param name="Draw">A random value.</param>
internal sealed record ColumnSample(string Name, string Type, string[] Corners, Func<Random, string> Draw)
{
    public string Value(int row, Random random) => row < Corners.Length ? Corners[row] : row % 11 == 0 ? "NULL" : Draw(random);

    /// <summary>Arrays of it, NULLs and inner arrays among them.</summary>
    public ColumnSample Array() => new(
        Name + "_a",
        Type + "[]",
        [$"'{{}}'::{Type}[]", $"ARRAY[NULL]::{Type}[]", $"ARRAY[{string.Join(',', Corners)}]::{Type}[]", $"'[3:3]={{NULL}}'::{Type}[]", $"ARRAY[[{Corners[0]},NULL],[NULL,{Corners[^1]}]]::{Type}[]"],
        random => $"ARRAY[{Draw(random)},NULL,{Draw(random)}]::{Type}[]");

    /// <summary>The same, declared with two dimensions.</summary>
    public ColumnSample Square() => new(
        Name + "_aa",
        Type + "[][]",
        [$"'{{}}'::{Type}[]", $"ARRAY[[{Corners[0]},NULL],[NULL,{Corners[^1]}]]::{Type}[]", $"ARRAY[{Corners[0]}]::{Type}[]"],
        random => $"ARRAY[[{Draw(random)}],[{Draw(random)}]]::{Type}[]");
}

/// <summary>Every type that a plain server and its contributed extensions have.</summary>
internal static class ColumnSamples
{
    /// <summary>Run before the table is made.</summary>
    public const string Preparation = """
        CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION citext; CREATE EXTENSION isn; CREATE EXTENSION cube; CREATE EXTENSION seg;
        CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"', 'happy');
        CREATE TYPE pair AS (a int, b text);
        CREATE DOMAIN price AS numeric(10,2);
        CREATE DOMAIN born AS date;
        """;

    public static readonly ColumnSample[] Scalars =
    [
        Of("bool", "bool", r => r.Next(2) == 0 ? "true" : "false", "true", "false"),
        Of("int2", "int2", r => $"({r.Next(-32768, 32768)})::int2", "(-32768)::int2", "32767"),
        Of("int4", "int4", r => $"({r.Next()})", "(-2147483648)", "0"),
        Of("int8", "int8", r => $"({r.NextInt64()})", "(-9223372036854775808)", "9223372036854775807"),
        Of("oid", "oid", r => $"{r.Next()}::oid", "4294967295::oid"),
        Of("float4", "float4", r => $"'{BitConverter.Int32BitsToSingle(r.Next(0x7F000000)).ToString("R", CultureInfo.InvariantCulture)}'::float4", "'NaN'", "'-Infinity'", "'1e-45'", "'-0'"),
        Of("float8", "float8", r => $"'{BitConverter.Int64BitsToDouble(r.NextInt64(0x7FE0_0000_0000_0000)).ToString("R", CultureInfo.InvariantCulture)}'::float8", "'NaN'", "'Infinity'", "'5e-324'"),
        Of("numeric", "numeric", r => Number(r, r.Next(1, 60), r.Next(0, 30)), "'NaN'::numeric", "'-Infinity'::numeric", "0", "1.500", "1e100::numeric"),
        Of("numeric_p", "numeric(20,6)", r => Number(r, r.Next(1, 13), 6), "'NaN'::numeric", "0", "-0.000001"),
        Of("numeric_h", "numeric(8,-2)", r => Number(r, r.Next(1, 9), 0), "12300", "0", "'NaN'::numeric"),
        Of("money", "money", r => $"{Number(r, r.Next(1, 15), 2)}::money", "'-92233720368547758.08'::money", "0::money"),
        Of("text", "text", Text, "''", "'NULL'", "E'a\\\\b\"c\\n'", "'}{,'"),
        Of("varchar", "varchar(40)", Text, "''", "'null'"),
        Of("bpchar", "char(8)", r => $"{Word(r)}::char(8)", "''", "'a'"),
        Of("char", "\"char\"", r => $"'{(char)r.Next('a', 'z')}'::\"char\"", "'x'"),
        Of("name", "name", r => $"{Word(r)}::name", "'me'::name"),
        Of("uuid", "uuid", r => $"'{new Guid([.. Bytes(r, 16)])}'::uuid", "'00000000-0000-0000-0000-000000000000'::uuid"),
        Of("json", "json", r => $"json_build_object({Text(r)},{r.Next()})", "'null'::json", "'{ \"a\" : [1, null] }'::json"),
        Of("jsonb", "jsonb", r => $"jsonb_build_object({Text(r)},{r.Next()})", "'null'::jsonb", "'{\"a\":[1,null]}'::jsonb"),
        Of("xml", "xml", r => $"'<a>{r.Next()}</a>'::xml", "'<a/>'::xml"),
        Of("tsvector", "tsvector", r => $"to_tsvector('simple',{Word(r)})", "''::tsvector", "'a:1 b:2'::tsvector"),
        Of("inet", "inet", r => $"'{r.Next(256)}.1.2.{r.Next(256)}'::inet", "'::1/64'::inet", "'10.0.0.0/8'::inet"),
        Of("cidr", "cidr", r => $"'10.{r.Next(256)}.0.0/16'::cidr", "'::/0'::cidr"),
        Of("macaddr", "macaddr", r => $"'08:00:2b:01:02:{r.Next(256):x2}'::macaddr", "'08:00:2b:01:02:03'::macaddr"),
        Of("macaddr8", "macaddr8", r => $"'08:00:2b:01:02:03:04:{r.Next(256):x2}'::macaddr8", "'08:00:2b:01:02:03:04:05'::macaddr8"),
        Of("int4range", "int4range", r => $"int4range({r.Next(9)},{r.Next(10, 99)})", "'empty'::int4range", "'(,)'::int4range"),
        Of("numrange", "numrange", r => $"numrange({r.Next(9)},{r.Next(10, 99)}.5)", "'empty'::numrange"),
        Of("tstzrange", "tstzrange", r => $"tstzrange({Moment(r)}::timestamptz,NULL)", "'empty'::tstzrange"),
        Of("multirange", "int4multirange", r => $"int4multirange(int4range({r.Next(9)},{r.Next(10, 99)}))", "'{}'::int4multirange"),
        Of("bytea", "bytea", r => $"'\\x{Convert.ToHexString(Bytes(r, r.Next(20)))}'::bytea", "''::bytea", "'\\x00ff'::bytea"),
        Of("bit", "bit(1)", r => $"B'{r.Next(2)}'", "B'0'", "B'1'"),
        Of("bit_n", "bit(11)", r => $"B'{Bits(r, 11)}'", "B'00000000000'", "B'10000000001'"),
        Of("varbit", "varbit", r => $"B'{Bits(r, r.Next(40))}'", "B''", "B'0001'"),
        Of("varbit_1", "varbit(1)", r => $"B'{Bits(r, r.Next(2))}'", "B''", "B'1'"),
        Of("date", "date", Date, "'infinity'::date", "'-infinity'::date", "'0044-03-15 BC'::date", "'1582-10-10'::date", "'5874897-12-31'::date"),
        Of("time", "time", r => Clock(r, 6), "'24:00'::time", "'00:00'::time"),
        Of("time_3", "time(3)", r => Clock(r, 3), "'24:00'::time"),
        Of("timetz", "timetz", r => $"({Clock(r, 6)} AT TIME ZONE '+{r.Next(13):00}:30')", "'24:00+00'::timetz", "'00:00:00.000001-15:59'::timetz"),
        Of("timestamp", "timestamp", Moment, "'infinity'::timestamp", "'-infinity'::timestamp", "'294276-12-31 23:59:59.999999'::timestamp", "'4713-01-01 BC'::timestamp", "'1500-02-28 12:00'::timestamp"),
        Of("timestamp_3", "timestamp(3)", Moment, "'infinity'::timestamp", "'294276-12-31 23:59:59.999'::timestamp"),
        Of("timestamptz", "timestamptz", r => $"{Moment(r)}::timestamptz", "'infinity'::timestamptz", "'4713-01-01 BC'::timestamptz", "'294276-12-31 23:59:59.999999+00'::timestamptz"),
        Of("timestamptz_0", "timestamptz(0)", r => $"{Moment(r)}::timestamptz", "'-infinity'::timestamptz"),
        Of("interval", "interval", r => $"make_interval({r.Next(99)},{r.Next(12)},0,{r.Next(99)},{r.Next(-99, 99)},0,{r.Next(60)}.5)", "'178000000 years'::interval", "'-1 mon +1 day -00:00:00.000001'::interval"),
        Of("point", "point", r => $"point({r.Next(9)},{r.Next(9)}.5)", "'(1,-0)'::point", "'(NaN,Infinity)'::point"),
        Of("box", "box", r => $"box(point({r.Next(9)},1),point(9,{r.Next(9)}.25))", "'(1,1),(0,0)'::box"),
        Of("circle", "circle", r => $"circle(point({r.Next(9)},1),{r.Next(9)})", "'<(1,2),3>'::circle"),
        Of("path", "path", _ => "'[(1,2),(3,4)]'::path", "'((0,0),(1,1))'::path"),
        Of("pg_lsn", "pg_lsn", r => $"'16/{r.Next():X}'::pg_lsn", "'0/0'::pg_lsn"),
        Of("hstore", "hstore", r => $"hstore({Word(r)},{Text(r)})", "''::hstore", "'a=>NULL, b=>\"\\\"x\\\"\"'::hstore"),
        Of("ltree", "ltree", r => $"'Top.A{r.Next()}'::ltree", "''::ltree"),
        Of("citext", "citext", r => $"{Text(r)}::citext", "''::citext"),
        Of("isbn", "isbn", _ => "'0-393-04002-X'::isbn", "'0-393-04002-X'::isbn"),
        Of("ean13", "ean13", _ => "'978-0-393-04002-9'::ean13", "'978-0-393-04002-9'::ean13"),
        Of("cube", "cube", r => $"cube({r.Next(9)})", "'(1,2)'::cube"),
        Of("mood", "mood", r => r.Next(2) == 0 ? "'sad'::mood" : "'happy'::mood", "'it''s \"ok\"'::mood"),
        Of("pair", "pair", r => $"ROW({r.Next()},{Text(r)})::pair", "ROW(NULL,NULL)::pair"),
        Of("price", "price", r => $"{Number(r, 5, 2)}::price", "0::price"),
        Of("born", "born", Date, "'infinity'::born", "'0044-03-15 BC'::born"),
        Of("xid", "xid", r => $"'{r.Next()}'::xid", "'0'::xid"),
        Of("refcursor", "refcursor", r => $"{Word(r)}::refcursor", "'c'::refcursor"),
    ];

    /// <summary>Scalars, their arrays, and some arrays of arrays.</summary>
    public static IEnumerable<ColumnSample> All =>
        [.. Scalars, .. Scalars.Select(s => s.Array()), .. Scalars.Where(s => s.Type is "int4" or "text" or "numeric" or "bool" or "date" or "hstore").Select(s => s.Square())];

    private static ColumnSample Of(string name, string type, Func<Random, string> draw, params string[] corners) => new("c_" + name, type, corners, draw);

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Bits(Random random, int count) => string.Concat(Enumerable.Range(0, count).Select(_ => random.Next(2)));

    private static string Number(Random random, int digits, int fraction)
    {
        string Digits(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => random.Next(10)));
        return $"({(random.Next(2) == 0 ? "-" : "")}{Digits(digits)}{(fraction > 0 ? "." + Digits(fraction) : "")})";
    }

    private static string Word(Random random) => $"'{string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => (char)random.Next('a', 'z')))}'";

    private static string Text(Random random)
    {
        string[] pieces = ["a", "\"", "\\", "''", ",", "{", "}", " ", "é", "😀", "\t", "\n", "NULL", "\u2028"];
        return $"'{string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => pieces[random.Next(pieces.Length)]))}'::text";
    }

    private static string Date(Random random) => $"(date '2000-01-01' + ({random.Next(-2_400_000, random.Next(2) == 0 ? 10_000 : 2_000_000_000)}))";

    private static string Clock(Random random, int digits) => $"(time({digits}) '00:00' + {random.NextInt64(86_400_000_000)} * interval '1 microsecond')";

    private static string Moment(Random random) => $"((date '2000-01-01' + ({random.Next(-2_400_000, random.Next(2) == 0 ? 90_000 : 100_000_000)})) + {Clock(random, 6)})";
}
