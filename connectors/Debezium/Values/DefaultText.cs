using System.Text;
using System.Text.RegularExpressions;

namespace Penstock.Debezium.Values;

/// <summary>
/// The text of a default, as far as Java's parsers take it, in the form that Postgres gives to values of the column's type: an expression such as
/// <c>'2020-01-02'::date</c> in a timestamp column is a constant of another type, which Postgres converts when it assigns it, and Debezium when it reads it.
/// </summary>
internal static partial class DefaultText
{
    // VARHDRSZ, which the modifier of numeric counts in; the scale is in its lower eleven bits.
    private const int HeaderBytes = 4;
    private const int ScaleMask = 0x7FF;

    /// <param name="typeName">typname of a built-in type.</param>
    /// <param name="modifier">atttypmod.</param>
    /// <param name="value">What stands between the quotes, or the whole expression.</param>
    /// <returns>Null where Java's parser of the type refuses the text; a text that none of these rules is about comes back as it is.</returns>
    public static string? Of(string typeName, int modifier, string value) => typeName switch
    {
        // Whatever is not a one is a zero, the letters of an expression too.
        "bit" or "varbit" when value.Length > 1 && modifier != 1 => new string([.. value.Select(c => c == '1' ? '1' : '0')]),
        "bool" => string.Equals(value, "true", StringComparison.OrdinalIgnoreCase) ? "true" : "false",
        "int2" or "int4" or "int8" => Signed().IsMatch(value) ? value[1..] : value,
        "float4" or "float8" => value.Trim(),
        "numeric" => Numeric(modifier, value),
        "uuid" => value.Count(c => c == '-') == 4 ? value : null,
        "date" => Timestamp().Match(value) is { Success: true } date ? date.Groups["date"].Value + date.Groups["era"].Value : value,
        "time" => HourAndMinute().IsMatch(value) ? value + ":00" : value,
        "timestamp" => Timestamp().Match(value) is { Success: true } stamp ? Whole(stamp, string.Empty) : value,
        "timestamptz" => Timestamp().Match(value) is { Success: true } stamp ? Whole(stamp, "+00") : value,
        _ => value,
    };

    // new BigDecimal(...) knows neither NaN nor infinities, and setScale does not round.
    private static string? Numeric(int modifier, string value)
    {
        byte[] text = Encoding.UTF8.GetBytes(value);
        if (JavaFloatText.IsSpecial(text))
        {
            return null;
        }

        if (modifier >= HeaderBytes)
        {
            NumericText.Parse(text).Within((modifier - HeaderBytes) & ScaleMask);
        }

        return value;
    }

    /// <param name="stamp">A match of <see cref="Timestamp"/>.</param>
    /// <param name="zone">What the type's text has for a zone where this one has none; nothing for a type without.</param>
    private static string Whole(Match stamp, string zone)
    {
        string clock = stamp.Groups["clock"].Success ? stamp.Groups["clock"].Value : "00:00:00";
        string offset = zone.Length > 0 && stamp.Groups["offset"].Success ? stamp.Groups["offset"].Value : zone;
        return $"{stamp.Groups["date"].Value} {clock}{offset}{stamp.Groups["era"].Value}";
    }

    [GeneratedRegex(@"\A\+[0-9]")]
    private static partial Regex Signed();

    [GeneratedRegex(@"\A[0-9]{2}:[0-9]{2}\z")]
    private static partial Regex HourAndMinute();

    [GeneratedRegex(@"\A(?<date>[0-9]+-[0-9]{2}-[0-9]{2})( (?<clock>[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?)(?<offset>[-+][0-9:]+)?)?(?<era> BC)?\z")]
    private static partial Regex Timestamp();
}
