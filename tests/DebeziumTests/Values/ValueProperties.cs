using System.Globalization;
using System.Numerics;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Penstock.Debezium.Values;

namespace Penstock.DebeziumTests.Values;

/// <summary>What holds for every text and every encoder.</summary>
public sealed class ValueProperties
{
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
        return Encoded.Find(choice.Oid, choice.Modifier, modes, choice.Modes % 11 == 0 ? RowOrigin.Snapshot : RowOrigin.Stream, SampleValues.Types);
    }

    private static Gen<(uint Oid, int Modifier, int Modes)> Choices() =>
        from oid in Gen.Elements(SampleValues.Oids)
        from modifier in Gen.Elements(SampleValues.Modifiers)
        from modes in Gen.Choose(0, 4620)
        select (oid, modifier, modes);

    private static Gen<byte[]> Texts() => Gen.OneOf(
        ArbMap.Default.GeneratorFor<byte[]>(),
        Gen.Elements(SampleValues.Utf8),
        from seed in Gen.Elements(SampleValues.Texts)
        from cut in Gen.Choose(0, 60)
        select System.Text.Encoding.UTF8.GetBytes(seed) is var bytes && cut < bytes.Length ? bytes[..cut] : bytes,
        from seed in Gen.Elements(SampleValues.Texts)
        from at in Gen.Choose(0, 60)
        from value in Gen.Choose(0, 255)
        select Replaced(System.Text.Encoding.UTF8.GetBytes(seed), at, (byte)value),
        from first in Gen.Elements(SampleValues.Texts)
        from second in Gen.Elements(SampleValues.Texts)
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
