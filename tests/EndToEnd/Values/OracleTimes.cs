using Penstock.Debezium.Values;

namespace Penstock.EndToEnd.Values;

/// <summary>How dates, times and intervals are read back.</summary>
internal static class OracleTimes
{
    private const string LargestNumber = "j = CASE WHEN v = 'infinity' THEN '9223372036854775807' ELSE '-9223372036854775808' END";
    private const string AsText = "j = v::text";

    public static OracleColumn Date() => new("date", "date", ValueTexts.Dates, (modes, path) =>
    {
        bool iso = modes.Time == TimeMode.IsoString;
        string back = iso ? "CASE WHEN isfinite(v) THEN iso_date(rtrim(j, 'Z')) END" : "CASE WHEN isfinite(v) THEN date '1970-01-01' + j::int END";
        if (IsCorrect(modes))
        {
            return new Reading(back, $"CASE WHEN isfinite(v) THEN back = v ELSE {(iso ? AsText : "j = CASE WHEN v = 'infinity' THEN '2147483647' ELSE '-2147483648' END")} END");
        }

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

    public static OracleColumn Time(string name, string type, int precision) => new(name, type, ValueTexts.Times, (modes, path) =>
    {
        (string back, int digits) = modes.Time switch
        {
            TimeMode.IsoString => ("rtrim(j, 'Z')::time", 6),
            TimeMode.Connect => ("time_of(j::numeric * 1000)", 3),
            TimeMode.Nanoseconds => ("time_of(j::numeric / 1000)", 6),
            TimeMode.Adaptive when precision <= 3 => ("time_of(j::numeric * 1000)", 3),
            _ => ("time_of(j::numeric)", 6),
        };
        bool element = path == OraclePath.Element && !IsCorrect(modes);
        bool wraps = element || (modes.Time == TimeMode.IsoString && !IsCorrect(modes));
        digits = element ? 3 : digits;
        string expected = digits == 3 ? "time_of(trunc(extract(epoch FROM v) * 1000) * 1000)" : "v";
        string same = wraps ? $"back::text = CASE WHEN v = '24:00' THEN '00:00:00' ELSE ({expected})::text END" : $"back::text = ({expected})::text";
        string loss = string.Join("; ", (string[])[.. digits < precision ? ["microseconds"] : System.Array.Empty<string>(), .. wraps ? ["24:00 is 00:00"] : System.Array.Empty<string>()]);
        return new Reading(back, same, loss.Length == 0 ? null : loss);
    });

    public static OracleColumn ZonedTime() => new("timetz", "timetz", ValueTexts.ZonedTimes, (modes, path) => IsCorrect(modes) ? Reading.Exact("j::timetz") : Reading.Lossy(
        path == OraclePath.Element ? "the zone; the fraction in arrays (capture A10)" : "the zone",
        "rtrim(j, 'Z')::time",
        path == OraclePath.Element ? "back = date_trunc('second', (v AT TIME ZONE interval '0')::time)::time" : "back::text = ((v AT TIME ZONE interval '0')::time)::text"));

    public static OracleColumn Timestamp(string name, string type, int precision) => new(name, type, ValueTexts.Timestamps, (modes, _) =>
    {
        string Infinity(string after, string before) => $"j = CASE WHEN v = 'infinity' THEN '{after}' ELSE '{before}' END";
        string finite = IsCorrect(modes) ? "" : "infinity becomes a number";
        Reading Of(string loss, string back, string same) => new(back, same, string.Join("; ", new[] { loss, finite }.Where(l => l.Length > 0)) is { Length: > 0 } all ? all : null);
        switch (modes.Time)
        {
            case TimeMode.IsoString:
                return Of(
                    "",
                    "CASE WHEN isfinite(v) THEN iso_timestamp(j) END",
                    $"CASE WHEN isfinite(v) THEN back = v ELSE {(IsCorrect(modes) ? AsText : Infinity("+294247-01-10T04:00:25.2Z", "-290308-12-21T19:59:27.6Z"))} END");
            case TimeMode.Connect:
            case TimeMode.Adaptive or TimeMode.AdaptiveTimeMicroseconds when precision <= 3:
                return Of(
                    precision <= 3 ? "" : "microseconds",
                    "CASE WHEN isfinite(v) THEN from_us(j::numeric * 1000) END",
                    $"CASE WHEN isfinite(v) THEN back = from_us(floor(epoch_us(v) / 1000) * 1000) ELSE {(IsCorrect(modes) ? LargestNumber : Infinity("9223372036825200", "-9223372036832400"))} END");
            case TimeMode.Nanoseconds:
                // Java multiplies whole seconds first: the first one of the range is out of it.
                return Of(
                    "nanoseconds are null outside of 1677 to 2262",
                    "CASE WHEN isfinite(v) THEN from_us(j::numeric / 1000) END",
                    $"CASE WHEN NOT isfinite(v) THEN {LargestNumber} WHEN v >= '1677-09-21 00:12:44' AND v < '2262-04-11 23:47:16.854776' THEN back = v ELSE j IS NULL END");
            case var _ when IsCorrect(modes):
                // The largest number is infinity's.
                return Of(
                    "null beyond the year 294247",
                    "CASE WHEN isfinite(v) THEN from_us(j::numeric) END",
                    $"CASE WHEN NOT isfinite(v) THEN {LargestNumber} WHEN epoch_us(v) < 9223372036854775807 THEN back = v ELSE j IS NULL END");
            default:
                // TimeUnit.SECONDS.toMicros saturates, the addition after it wraps (capture A13).
                return Of(
                    "beyond the year 294247 the number wraps",
                    "CASE WHEN isfinite(v) AND v < '294247-01-10 04:00:54' THEN from_us(j::numeric) END",
                    $"CASE WHEN NOT isfinite(v) THEN {Infinity("9223372036825200000", "-9223372036832400000")} WHEN v < '294247-01-10 04:00:54' THEN back = v "
                    + "ELSE j::numeric = (SELECT CASE WHEN n > 9223372036854775807 THEN n - 18446744073709551616 ELSE n END "
                    + "FROM (SELECT least(floor(epoch_us(v) / 1000000) * 1000000, 9223372036854775807) + mod(epoch_us(v), 1000000) AS n) w) END");
        }
    });

    public static OracleColumn ZonedTimestamp(string name, string type) => new(name, type, ValueTexts.ZonedTimestamps, (modes, path) =>
    {
        const string Back = "CASE WHEN isfinite(v) THEN iso_timestamp(j) END";
        const string Utc = "(v AT TIME ZONE 'UTC')";
        return path == OraclePath.Element && !IsCorrect(modes)
            ? Reading.Lossy(
                "the era and the days of the calendar reform in arrays (capture A10), and -infinity",
                Back,
                $"CASE WHEN isfinite(v) THEN back = without_era({Utc}::date) + {Utc}::time WHEN v = '-infinity' THEN j LIKE '+292269055-12-02T23:00:00%' ELSE {AsText} END")
            : new Reading(Back, $"CASE WHEN isfinite(v) THEN back = {Utc} ELSE {AsText} END");
    });

    // Java computes in doubles and saturates (capture A31).
    public static OracleColumn Interval() => new("interval", "interval", ValueTexts.Intervals, (modes, _) => modes.IntervalAsText ? Reading.Exact("j::interval")
        : IsCorrect(modes) ? Reading.Lossy(
            "months and days in numeric; null beyond 292,271 years",
            "j::numeric",
            "CASE WHEN span_us(v) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN back = span_us(v) ELSE j IS NULL END")
        : Reading.Lossy(
            "months and days in numeric",
            "j::numeric",
            "abs(back - greatest(least(span_us(v), 9223372036854775807), -9223372036854775808)) <= greatest(1, abs(span_us(v)) * 1e-15)"));

    private static bool IsCorrect(ValueModes modes) => modes.Compat == CompatMode.Correct;
}
