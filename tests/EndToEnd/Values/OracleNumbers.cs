using Penstock.Debezium.Values;

namespace Penstock.EndToEnd.Values;

/// <summary>How numbers are read back.</summary>
internal static class OracleNumbers
{
    private const string NoSpecials = "NaN and the infinities are null in precise (docs/events.md, Types)";
    private const string IsSpecial = "v IN ('NaN', 'Infinity', '-Infinity')";

    // Debezium reads a negative scale without its sign, 11 bits of it (capture B4).
    private const int ScaleModulus = 2048;

    /// <param name="name">Names the table.</param>
    /// <param name="type">Type in SQL.</param>
    /// <param name="texts">Values.</param>
    /// <param name="declared">The scale; null for a numeric without one.</param>
    public static OracleColumn Numeric(string name, string type, FsCheck.Gen<string> texts, int? declared) => new(name, type, texts, (modes, _) =>
    {
        int? scale = declared < 0 && modes.Compat != CompatMode.Correct ? declared + ScaleModulus : declared;
        string same = scale == declared ? "back::text = v::text" : "back = v";
        return modes.Decimal switch
        {
            DecimalMode.Text => new Reading("number(j)", same),
            DecimalMode.Double => Reading.Lossy(
                "digits in double",
                "j::float8",
                "CASE WHEN v::text IN ('NaN', 'Infinity', '-Infinity') OR v = 0 OR abs(v) BETWEEN 1e-300 AND 1e308 THEN back = v::float8 WHEN abs(v) < 1 THEN abs(back) <= 1e-300 ELSE abs(back) >= 1e308 END"),
            _ when scale is null => Reading.Lossy(
                "zeros at the end; " + NoSpecials, "scaled(decode(j::json ->> 'value', 'base64'), (j::json ->> 'scale')::int)", $"CASE WHEN {IsSpecial} THEN j IS NULL ELSE back = v END"),
            _ when modes.DecimalFormatNumeric => Reading.Lossy(NoSpecials, "j::numeric", $"CASE WHEN {IsSpecial} THEN j IS NULL ELSE {same} END"),
            _ => Reading.Lossy(NoSpecials, $"scaled(decode(j, 'base64'), {scale})", $"CASE WHEN {IsSpecial} THEN j IS NULL ELSE {(scale == declared ? $"back::{type}::text = v::text" : same)} END"),
        };
    });

    public static OracleColumn Money() => new("money", "money", ValueTexts.Numerics(16, 2), (modes, _) => modes.Decimal switch
    {
        DecimalMode.Text => Reading.Exact("j::numeric::money"),
        DecimalMode.Double => Reading.Lossy("digits in double", "j::float8", "back = v::numeric::float8"),
        _ when modes.DecimalFormatNumeric => Reading.Exact("j::numeric::money"),
        _ => Reading.Exact("scaled(decode(j, 'base64'), 2)::money"),
    });
}
