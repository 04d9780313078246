using System.Globalization;
using System.Numerics;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Penstock.Debezium.Values;
using Penstock.Postgres.Catalog;

namespace Penstock.DebeziumTests.Values;

/// <summary>What holds for every text and every encoder.</summary>
public sealed class ValueProperties
{
    private static readonly CatalogType[] Types =
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

    private static readonly uint[] Oids =
    [
        16, 17, 18, 19, 20, 21, 23, 25, 26, 114, 142, 600, 603, 628, 700, 701, 718, 790, 869, 1042, 1082, 1083, 1114, 1184, 1186, 1266, 1560, 1562, 1700, 2950, 3220, 3802, 3614, 3904,
        1000, 1001, 1005, 1007, 1009, 1020, 1021, 1022, 1115, 1182, 1183, 1185, 1231, 1270, 1561, 2951, 3221, 3643, 6150,
        20000, 20001, 20002, 20003, 20004, 20005, 20006, 20007, 20008, 20009, 20010, 20011,
    ];

    private static readonly int[] Modifiers = [-1, 0, 1, 3, 8, 655366, 329730];

    /// <summary>Texts as Postgres writes them: the seeds of the mutations.</summary>
    private static readonly string[] Seeds =
    [
        "t", "1", "-32768", "9223372036854775807", "1.5e-07", "NaN", "-Infinity", "-123456789012345678901234567890.123456789", "$1,234.11", "\\xdeadbeef", "2016-11-04",
        "0044-03-15 BC", "13:51:30.123456", "24:00:00", "2016-11-04 13:51:30.123456+00", "4714-11-24 00:00:00 BC", "infinity", "1 year 2 mons -3 days +04:05:06.78", "1010",
        "(1,-2.5)", "((0,0),(1,1))", "{1,NULL,3}", "{\"a \\\"b\\\"\",NULL,{x}}", "[0:1]={7,8}", "{{1,2},{3,4}}", "\"a\"=>\"1\", \"b\"=>NULL", "[1,2.5,-3]", "{1:1.5,3:2}/5",
        "0101000020730C00001C7C613255DE6540787AA52C435C42C0", "\u00e9\ud83d\ude00\u2028\"\\\n", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "<(1,2),3>", "",
    ];

    /// <summary>Any bytes: JSON that parses, or the one exception.</summary>
    [Property(MaxTest = 4000)]
    public Property Any_text_gives_JSON_or_is_refused() => Prop.ForAll(Texts().ToArbitrary(), Choices().ToArbitrary(), (text, choice) =>
    {
        string json;
        try
        {
            json = Encoded.Json(Find(choice), text);
        }
        catch (UnrepresentableValueException)
        {
            return true;
        }

        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind != JsonValueKind.Undefined;
    });

    [Property(MaxTest = 500)]
    public bool Text_comes_back(NonNull<string> text)
    {
        // A lone surrogate has no UTF-8.
        string written = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text.Get));
        return JsonSerializer.Deserialize<string>(Encoded.Json(Encoded.Find(25), written)) == written;
    }

    [Property(MaxTest = 1000)]
    public bool A_double_comes_back(long bits)
    {
        double value = BitConverter.Int64BitsToDouble(bits);
        if (double.IsNaN(value) || double.IsInfinity(value))
        {
            return true;
        }

        return double.Parse(Encoded.Json(Encoded.Find(701), value.ToString("R", CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture).Equals(value);
    }

    [Property(MaxTest = 1000)]
    public bool A_numeric_comes_back(BigInteger unscaled, byte scale)
    {
        string digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        string text = (unscaled.Sign < 0 ? "-" : "") + digits[..^scale] + (scale > 0 ? "." + digits[^scale..] : "");
        using var json = JsonDocument.Parse(Encoded.Json(Encoded.Find(1700), text));
        var value = new BigInteger(json.RootElement.GetProperty("value").GetBytesFromBase64(), isBigEndian: true);
        int written = json.RootElement.GetProperty("scale").GetInt32();
        return value * BigInteger.Pow(10, scale - written) == unscaled && (written == 0 || value % 10 != 0);
    }

    [Property(MaxTest = 1000)]
    public bool A_date_is_the_day_that_NET_counts(DateTime moment)
    {
        var date = DateOnly.FromDateTime(moment);
        int days = date.DayNumber - new DateOnly(1970, 1, 1).DayNumber;
        string iso = date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return Encoded.Json(Encoded.Find(1082), iso) == days.ToString(CultureInfo.InvariantCulture)
            && Encoded.Json(Encoded.Find(1082, modes: new ValueModes { Time = TimeMode.IsoString }), iso) == $"\"{iso}Z\"";
    }

    [Property(MaxTest = 1000)]
    public bool A_timestamp_moves_to_UTC(DateTime moment, byte quarters)
    {
        var offset = TimeSpan.FromMinutes(15 * ((quarters % 97) - 48));
        var local = new DateTimeOffset(moment.Year is < 3 or > 9990 ? moment.AddYears(moment.Year < 3 ? 3 : -20) : moment, TimeSpan.Zero).ToOffset(offset);
        string text = local.ToString("yyyy-MM-dd HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);
        return Encoded.Json(Encoded.Find(1184), text) == local.UtcDateTime.ToString("\\\"yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'\\\"", CultureInfo.InvariantCulture);
    }

    private static ValueEncoder Find((uint Oid, int Modifier, int Modes) choice)
    {
        var modes = new ValueModes
        {
            Decimal = (DecimalMode)(choice.Modes % 3),
            Time = (TimeMode)(choice.Modes % 6),
            Binary = (BinaryMode)(choice.Modes % 4),
            IntervalAsText = choice.Modes % 2 == 0,
            HstoreAsMap = choice.Modes % 5 == 0,
            DecimalFormatNumeric = choice.Modes % 7 == 0,
            IncludeUnknown = true,
            Compat = (CompatMode)(choice.Modes / 3 % 2),
        };
        return Encoded.Find(choice.Oid, choice.Modifier, modes, choice.Modes % 11 == 0 ? RowOrigin.Snapshot : RowOrigin.Stream, Types);
    }

    private static Gen<(uint Oid, int Modifier, int Modes)> Choices() =>
        from oid in Gen.Elements(Oids)
        from modifier in Gen.Elements(Modifiers)
        from modes in Gen.Choose(0, 4620)
        select (oid, modifier, modes);

    private static Gen<byte[]> Texts() => Gen.OneOf(
        ArbMap.Default.GeneratorFor<byte[]>(),
        Gen.Elements(Seeds).Select(System.Text.Encoding.UTF8.GetBytes),
        from seed in Gen.Elements(Seeds)
        from cut in Gen.Choose(0, 60)
        select System.Text.Encoding.UTF8.GetBytes(seed) is var bytes && cut < bytes.Length ? bytes[..cut] : bytes,
        from seed in Gen.Elements(Seeds)
        from at in Gen.Choose(0, 60)
        from value in Gen.Choose(0, 255)
        select Replaced(System.Text.Encoding.UTF8.GetBytes(seed), at, (byte)value),
        from first in Gen.Elements(Seeds)
        from second in Gen.Elements(Seeds)
        select System.Text.Encoding.UTF8.GetBytes(first + second));

    private static byte[] Replaced(byte[] bytes, int at, byte value)
    {
        if (bytes.Length > 0)
        {
            bytes[at % bytes.Length] = value;
        }

        return bytes;
    }
}
