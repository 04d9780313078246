using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Penstock.EndToEnd.Values;

/// <summary>Input texts for types of Postgres: ordinary ones, extremes, and now and then one that the type refuses.</summary>
internal static class ValueTexts
{
    public static Gen<string> Booleans => Gen.Elements("true", "false");

    public static Gen<string> Words => Gen.Choose(0, 3).SelectMany(n => Gen.ListOf(Gen.Elements("a", "the", "fat", "o'clock", "\"", "\\", "{}", "é", "x,y", " "), n)).Select(w => string.Join(' ', w));

    /// <summary>Any characters but NUL and halves of surrogate pairs.</summary>
    public static Gen<string> Texts => Gen.OneOf(
        ArbMap.Default.GeneratorFor<string>().Select(Sound),
        Words,
        Gen.Elements("", " ", "NULL", "null", "\"", "\\", "\t\r\n\b\f", "\u0001\u001f\u007f\u0080\u2028\u2029\ufeff\uffff", "\ud83d\ude00\ud800\udc00\udbff\udfff", "e\u0301", "{\"a\":1}", "__debezium_unavailable_value"),
        Gen.Choose(0, 3000).Select(n => new string('y', n) + "ä"));

    public static Gen<string> Ascii => Gen.Choose(32, 126).Select(c => ((char)c).ToString());

    public static Gen<string> Integers(long least, long most) => Gen.OneOf(
        Gen.Elements(least, least + 1, -1, 0, 1, most - 1, most),
        ArbMap.Default.GeneratorFor<long>(),
        Gen.Choose(-1000, 1000).Select(n => (long)n)).Select(n => n.ToString(CultureInfo.InvariantCulture));

    /// <summary>Numbers of at most so many digits before and behind the point.</summary>
    public static Gen<string> Numerics(int before, int behind) => Gen.OneOf(
        Decimals(before, behind),
        Decimals(before, behind),
        Decimals(Math.Min(before, 4), Math.Min(behind, 3)),
        Gen.Elements("0", "-0", "0.00", "NaN", "Infinity", "-Infinity", "1e3", "1.500", "-1.000", "127", "128", "-128", "-129", "32768", "255", "256", "65535", "9223372036854775808"));

    /// <summary>Now and then as many digits as a numeric has before and behind the point. Few, because the inverse in SQL takes a while for each; and its whole number must be one, too.</summary>
    public static Gen<string> ExtremeNumerics => Gen.Frequency(
        (29, Numerics(300, 300)),
        (1, Gen.Elements(new string('9', 131_072), $"-{new string('7', 131_072 - 16_383)}.{new string('3', 16_383)}", $"-0.{new string('0', 16_382)}1")));

    public static Gen<string> Doubles => Gen.OneOf(
        ArbMap.Default.GeneratorFor<long>().Select(bits => BitConverter.Int64BitsToDouble(bits).ToString("R", CultureInfo.InvariantCulture)),
        Gen.Choose(int.MinValue, int.MaxValue).Select(bits => BitConverter.Int64BitsToDouble((long)bits << 32).ToString("R", CultureInfo.InvariantCulture)),
        Gen.Choose(int.MinValue, int.MaxValue).Select(bits => BitConverter.Int32BitsToSingle(bits).ToString("R", CultureInfo.InvariantCulture)),
        Decimals(8, 8),
        Gen.Elements("0", "-0", "NaN", "Infinity", "-Infinity", "1e-3", "1e7", "9999999", "0.001", "1.7976931348623157e308", "5e-324", "3.4028235e38", "1e-45", "1.17549435e-38", "2.2250738585072014e-308", "4.35", "1e21", "123456789"));

    public static Gen<string> Dates => Gen.OneOf(
        Years.SelectMany(year => Day(year)),
        Gen.Choose(1900, 2100).SelectMany(year => Day(year)),
        Gen.Elements("infinity", "-infinity", "1970-01-01", "1969-12-31", "0001-01-01", "0001-12-31 BC", "0001-01-01 BC", "4713-11-24 BC", "5874897-12-31", "2000-02-29", "1582-10-04", "1582-10-10", "1582-10-15", "0005-02-29 BC", "9999-12-31", "10000-01-01"));

    public static Gen<string> Times => Gen.OneOf(Clock, Clock, Gen.Elements("00:00", "24:00", "23:59:59.999999", "00:00:00.000001", "12:00:00.5"));

    public static Gen<string> ZonedTimes => from time in Times from offset in Offsets select time + offset;

    public static Gen<string> Timestamps => Gen.OneOf(
        from year in Years from day in Day(year) from time in Clock select At(day, time),
        from year in Gen.Choose(1678, 2261) from day in Day(year) from time in Clock select At(day, time),
        Gen.Elements(
            "infinity", "-infinity", "1970-01-01 00:00:00", "1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.9994", "0001-01-01 00:00:00 BC", "4713-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999",
            "294247-01-10 04:00:54.775807", "294247-01-10 04:00:54.775808", "294247-01-10 04:00:55", "1677-09-21 00:12:43.145224", "1677-09-21 00:12:44", "2262-04-11 23:47:16.854775", "2262-04-11 23:47:16.854776"));

    /// <summary>Since the calendar that Java's older classes share with Postgres.</summary>
    public static Gen<string> RecentTimestamps => from year in Gen.Choose(1600, 9998) from day in Day(year) from time in Clock select At(day, time);

    public static Gen<string> ZonedTimestamps => from timestamp in Timestamps
                                                 from offset in Offsets
                                                 select timestamp.Contains("infinity", StringComparison.Ordinal) ? timestamp
        : timestamp.EndsWith(" BC", StringComparison.Ordinal) ? timestamp[..^3] + offset + " BC" : timestamp + offset;

    public static Gen<string> Intervals => Gen.OneOf(
        from years in Signed(300) from months in Signed(14) from days in Signed(400) from hours in Signed(50) from clock in Clock select $"{years} years {months} mons {days} days {hours} hours {clock}",
        from days in Signed(3) from clock in Clock select $"{days} days -{clock}",
        Gen.Elements("0", "1 mon", "-1 mon", "1 day", "-00:00:00.5", "00:00:00.000001", "-178000000 years", "178000000 years", "2147483647 days", "-2147483648 days", "2562047788:00:54.775807", "-2562047788:00:54.775808", "1 year -1 day 23:59:59.999999"));

    public static Gen<string> Bits(int least, int most) =>
        Gen.Choose(least, most).SelectMany(n => Gen.OneOf(Gen.ListOf(Gen.Elements('0', '1'), n).Select(string.Concat), Gen.Constant(new string('0', n)), Gen.Constant(new string('1', n))));

    public static Gen<string> Octets => Gen.OneOf(
        ArbMap.Default.GeneratorFor<byte[]>().Select(b => "\\x" + Convert.ToHexStringLower(b ?? [])),
        Gen.Choose(700, 1700).Select(n => "\\x" + Convert.ToHexStringLower([.. Enumerable.Range(0, n).Select(i => (byte)(i * 37))])));

    public static Gen<string> Addresses => Gen.OneOf(
        from a in Octet from b in Octet from c in Octet from d in Octet from bits in Gen.Choose(0, 33) select $"{a}.{b}.{c}.{d}{(bits == 33 ? "" : $"/{bits}")}",
        from parts in Gen.ListOf(Gen.Choose(0, 65535), 8) from bits in Gen.Choose(0, 129) select $"{string.Join(':', parts.Select(p => p.ToString("x", CultureInfo.InvariantCulture)))}{(bits == 129 ? "" : $"/{bits}")}",
        Gen.Elements("::", "::1", "::ffff:1.2.3.4", "0.0.0.0/0", "255.255.255.255"));

    public static Gen<string> Networks => Gen.OneOf(
        from a in Octet from b in Octet select $"{a}.{b}.0.0/16",
        from a in Gen.Choose(0, 65535) select $"{a:x}::/16",
        Gen.Elements("0.0.0.0/0", "10.0.0.0/8", "1.2.3.4/32", "::/0"));

    public static Gen<string> MacAddresses(int octets) => Gen.ListOf(Octet, octets).Select(all => string.Join(':', all.Select(o => o.ToString("x2", CultureInfo.InvariantCulture))));

    public static Gen<string> Uuids => ArbMap.Default.GeneratorFor<Guid>().Select(g => g.ToString());

    public static Gen<string> Jsons => Gen.OneOf(
        Texts.Select(t => JsonSerializer.Serialize(t)),
        from name in Words from value in Texts from number in Decimals(20, 10) select $"{{\"n\": {JsonSerializer.Serialize(name)},  \"v\" : [{number}, null, true, {JsonSerializer.Serialize(value)}], \"n\": {{}}}}",
        Decimals(30, 30),
        Gen.Elements("null", "[]", "{}", "\"\\ud83d\\ude00\\u00e9\\/\"", " [1 , 2] ", "1e400", "-0", "-0.0"));

    public static Gen<string> Xmls => from text in Words from name in Gen.Elements("a", "b-c", "é") select $"<{name} x=\"1\">{new System.Xml.Linq.XText(text)}</{name}>";

    public static Gen<string> SearchTexts => Gen.Choose(0, 4).SelectMany(n => Gen.ListOf(Gen.Elements("fat:2A", "'it''s':3", "cat", "'x y':1,7B", "é:12"), n)).Select(w => string.Join(' ', w));

    public static Gen<string> Queries => Gen.Elements("fat & rat", "!a | b", "'x y' <-> c:A*", "a", "(a|b)&!c", "");

    public static Gen<string> Labels => Gen.ListOf(Gen.Elements("Top", "a_1", "X", "9"), 3).Select(l => string.Join('.', l));

    public static Gen<string> Moods => Gen.Elements("sad", "ok", "it's \"fine\", \\o/ {}");

    public static Gen<string> Hstores => Gen.Choose(0, 14).SelectMany(n => Gen.ListOf(from key in Texts from value in Texts from isNull in Gen.Choose(0, 4) select $"{Quoted(key)}=>{(isNull == 0 ? "NULL" : Quoted(value))}", n)).Select(p => string.Join(',', p));

    public static Gen<string> Points => from x in Doubles from y in Doubles select $"({x},{y})";

    public static Gen<string> Ranges(Gen<string> bounds) => Gen.OneOf(
        from low in bounds from high in bounds from open in Gen.Elements("[", "(") from close in Gen.Elements("]", ")") select $"{open}{Quoted(low)},{Quoted(high)}{close}",
        from bound in bounds select $"[{Quoted(bound)},)",
        from bound in bounds select $"(,{Quoted(bound)}]",
        Gen.Elements("empty", "(,)"));

    public static Gen<string> MultiRanges(Gen<string> bounds) => Gen.Choose(0, 3).SelectMany(n => Gen.ListOf(Ranges(bounds), n)).Select(r => $"{{{string.Join(',', r)}}}");

    public static Gen<string> Arrays(Gen<string> elements, char delimiter = ',') => Gen.OneOf(
        Gen.Choose(0, 5).SelectMany(n => Row(elements, n, delimiter)),
        Gen.Choose(1, 5).SelectMany(n => Gen.ListOf(elements.Select(Quoted), n)).Select(e => $"{{{string.Join(delimiter, e)}}}"));

    /// <summary>Arrays of arrays, all of one length.</summary>
    public static Gen<string> Squares(Gen<string> elements) => Gen.OneOf(
        from rows in Gen.Choose(1, 3) from columns in Gen.Choose(1, 3) from all in Gen.ListOf(Row(elements, columns, ','), rows) select $"{{{string.Join(',', all)}}}",
        Gen.Constant("{}"));

    public static Gen<string> Repeated(Gen<string> part, int least, int most, Func<IEnumerable<string>, string> join) => Gen.Choose(least, most).SelectMany(n => Gen.ListOf(part, n)).Select(join);

    private static Gen<string> Row(Gen<string> elements, int count, char delimiter) =>
        Gen.ListOf(Gen.Frequency((6, elements.Select(Quoted)), (1, Gen.Constant("NULL"))), count).Select(e => $"{{{string.Join(delimiter, e)}}}");

    private static Gen<int> Octet => Gen.Choose(0, 255);

    private static Gen<int> Years => Gen.OneOf(Gen.Choose(-4712, 3000), Gen.Choose(-4712, 300_000), Gen.Choose(1, 9999));

    private static Gen<string> Offsets => Gen.OneOf(Gen.Constant("+00"), from hours in Gen.Choose(-15, 15) from minutes in Gen.Elements(0, 30, 45) select $"{(hours < 0 ? '-' : '+')}{Math.Abs(hours):00}:{minutes:00}");

    private static Gen<string> Clock => from hour in Gen.Choose(0, 23)
                                        from minute in Gen.Choose(0, 59)
                                        from second in Gen.Choose(0, 59)
                                        from micros in Gen.OneOf(Gen.Choose(0, 999_999), Gen.Choose(0, 999).Select(m => m * 1000), Gen.Constant(0))
                                        select $"{hour:00}:{minute:00}:{second:00}{(micros == 0 ? "" : $".{micros:000000}")}";

    private static Gen<string> Day(int year) => from month in Gen.Choose(1, 12) from day in Gen.Choose(1, month == 2 ? 28 : 30) select $"{(year <= 0 ? 1 - year : year):0000}-{month:00}-{day:00}{(year <= 0 ? " BC" : "")}";

    private static string At(string day, string time) => day.EndsWith(" BC", StringComparison.Ordinal) ? $"{day[..^3]} {time} BC" : $"{day} {time}";

    private static Gen<int> Signed(int most) => Gen.Choose(-most, most);

    private static Gen<string> Decimals(int before, int behind) =>
        from sign in Gen.Elements("", "-")
        from whole in Gen.Choose(0, before).SelectMany(Digits)
        from fraction in Gen.OneOf(Gen.Choose(0, behind), Gen.Constant(0)).SelectMany(Digits)
        select $"{sign}{(whole.Length == 0 ? "0" : whole.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0")}{(fraction.Length == 0 ? "" : $".{fraction}")}";

    private static Gen<string> Digits(int count) => Gen.ListOf(Gen.Choose(0, 9), count).Select(d => string.Concat(d));

    private static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    // By way of UTF-8 half a pair becomes U+FFFD.
    private static string Sound(string? text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? "")).Replace("\0", "", StringComparison.Ordinal);
}
