using FsCheck;
using Penstock.Debezium.Values;

namespace Penstock.EndToEnd.Values;

/// <summary>How values that are neither numbers nor times are read back.</summary>
internal static class OracleTypes
{
    /// <summary>A null element makes the whole array null, in Debezium's output.</summary>
    public static (string Condition, string Loss) SpoiltByNull => ("EXISTS (SELECT FROM unnest(v) u WHERE u IS NOT DISTINCT FROM NULL)", "a null element makes the array null");

    public static (string Condition, string Loss) SpoiltBy(params string[] numbers) =>
        ($"v && ARRAY['{string.Join("','", numbers)}']::numeric[]", "one NaN or infinity spoils a numeric[] (docs/events.md, Types)");

    /// <summary>A type that is written as its text, or so that its text follows.</summary>
    public static OracleColumn Plain(string type, Gen<string> texts, string? extension = null) => new(Table(type), type, texts, (_, _) => Reading.Exact($"j::{type}"), extension);

    public static OracleColumn Range(string type, Gen<string> bounds) => Plain(type, ValueTexts.Ranges(bounds));

    public static OracleColumn Name() => new("name", "name", ValueTexts.Words, (modes, path) =>
        path == OraclePath.Stream && !modes.IncludeUnknown && !IsCorrect(modes) ? Reading.Null with { Loss = "Debezium's stream decoder does not know name (capture A6)" } : Reading.Exact("j::name"));

    /// <summary>Arrays of a type whose arrays Debezium leaves out whatever the options say.</summary>
    public static OracleColumn MissingArray(OracleColumn element) => OnlyCorrect(element.Array(), Reading.Absent);

    /// <summary>Arrays of a domain, which Debezium knows as little as types that it does not know at all.</summary>
    public static OracleColumn DomainArray(OracleColumn element)
    {
        var (own, unknown) = (element.Array(), Unknown(element.Type, element.Texts).Array(SpoiltByNull));
        return own with { Read = (modes, path) => IsCorrect(modes) ? own.Read(modes, path) : unknown.Read(modes, path) };
    }

    /// <summary>Arrays of <c>bit(n)</c>.</summary>
    public static OracleColumn BitArray(OracleColumn element) => OnlyCorrect(element.Array(), Reading.Null);

    /// <summary>Arrays of arrays.</summary>
    public static OracleColumn Square(OracleColumn element) => element with
    {
        Name = $"{element.Name}_square",
        Type = $"{element.Type}[][]",
        Texts = ValueTexts.Squares(element.Texts),
        Read = (modes, _) => IsCorrect(modes)
            ? element.ReadElements(modes, "(SELECT e.value, row_number() OVER (ORDER BY r.n, e.n) FROM json_array_elements(s.j::json) WITH ORDINALITY r(value, n), json_array_elements_text(r.value) WITH ORDINALITY e(value, n))")
            : Reading.Lossy("one null, or the name of a Java object, for each inner array", "NULL", "json_array_length(j::json) = coalesce(array_length(v, 1), 0)"),
    };

    /// <summary>A type that appears with <c>include.unknown.datatypes</c> only, as the bytes of its text.</summary>
    public static OracleColumn Unknown(string type, Gen<string> texts, string? extension = null) => new(
        $"unknown_{type}",
        type,
        texts,
        (modes, _) => modes.IncludeUnknown ? Reading.Exact($"convert_from({Decoded(modes)}, 'UTF8')::{type}") : IsCorrect(modes) ? Reading.Exact($"j::{type}") : Reading.Absent,
        extension);

    /// <summary>int2vector and oidvector: in Debezium's output an array that is always empty.</summary>
    public static OracleColumn Vector(string type, Gen<string> texts) => OnlyCorrect(Unknown(type, texts), Reading.Lossy("the elements", "NULL", "j = '[]'"));

    public static OracleColumn Bytea() => new("bytea", "bytea", ValueTexts.Octets, (modes, _) => Reading.Exact(Decoded(modes)));

    public static OracleColumn Bits(string type, int length) => new(Table(type), type, ValueTexts.Bits(length, length), (_, _) => Reading.Exact($"bits(decode(j, 'base64'), {length})"));

    public static OracleColumn SingleBit() => new("bit_one", "bit(1)", ValueTexts.Bits(1, 1), (_, _) => Reading.Exact("CASE j WHEN 'true' THEN '1' WHEN 'false' THEN '0' END"));

    public static OracleColumn SingleVarBit() => new("varbit_one", "varbit(1)", ValueTexts.Bits(0, 1), (modes, _) => IsCorrect(modes) ? Reading.Exact("j::varbit") : Reading.Lossy(
        "an empty varbit(1) is null (capture B10)", "CASE j WHEN 'true' THEN '1' WHEN 'false' THEN '0' END", "CASE WHEN v::text = '' THEN j IS NULL ELSE back = v::text END"));

    public static OracleColumn VarBits(string type) => new(Table(type), type, ValueTexts.Bits(0, 77), (modes, _) => IsCorrect(modes) ? Reading.Exact("j::varbit") : Reading.Lossy(
        "the length of a varbit", "bits(decode(j, 'base64'), 8 * length(decode(j, 'base64')))", "ltrim(back, '0') = ltrim(v::text, '0')"));

    public static OracleColumn Point() => new("point", "point", ValueTexts.Points, (_, _) => Reading.Exact("point((j::json ->> 'x')::float8, (j::json ->> 'y')::float8)"));

    public static OracleColumn Hstore() => new(
        "hstore", "hstore", ValueTexts.Hstores, (_, _) => Reading.Exact("(SELECT coalesce(hstore(array_agg(key), array_agg(value)), '') FROM json_each_text(j::json))"), "hstore");

    public static OracleColumn Geometry() => new(
        "geometry",
        "geometry",
        FsCheck.Fluent.Gen.Elements("POINT(1 2)", "SRID=4326;POINT(-71.06 42.28)", "LINESTRING(0 0,1 1,2 1.5)", "POLYGON((0 0,4 0,4 4,0 4,0 0))", "POINT Z (1 2 3)", "GEOMETRYCOLLECTION EMPTY"),
        (_, _) => new Reading("ST_GeomFromEWKB(decode(j::json ->> 'wkb', 'base64'))", "back::text = v::text AND coalesce((j::json ->> 'srid')::int, 0) = ST_SRID(v)"),
        "postgis");

    private static OracleColumn OnlyCorrect(OracleColumn array, Reading otherwise) => array with { Read = (modes, path) => IsCorrect(modes) ? array.Read(modes, path) : otherwise };

    private static string Decoded(ValueModes modes) => modes.Binary switch
    {
        BinaryMode.Hex => "decode(j, 'hex')",
        BinaryMode.Base64UrlSafe => "decode(translate(j, '-_', '+/'), 'base64')",
        _ => "decode(j, 'base64')",
    };

    private static string Table(string type) => string.Concat(type.Where(c => c != '"').Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')).TrimEnd('_') + (type[0] == '"' ? "_quoted" : "");

    private static bool IsCorrect(ValueModes modes) => modes.Compat == CompatMode.Correct;
}
