using System.Globalization;

namespace Penstock.Engine.Configuration;

/// <summary>Settings that carry their unit: <c>12h</c>, <c>20GB</c>. Written as PostgreSQL writes them ("Parameter names and values"), which is where their readers come from.</summary>
public static class UnitTypes
{
    private static readonly (string Unit, long Ms)[] Times = [("s", 1000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    private static readonly (string Unit, long Bytes)[] Sizes = [("kB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30), ("TB", 1L << 40)];

    /// <summary>A time of one second and more; null where none is set.</summary>
    public static SettingType<TimeSpan?> Duration { get; } = new(
        "a number and s, min, h or d (12h)",
        static (string text, out TimeSpan? value) =>
        {
            value = Read(text, Times) is { } ms and <= 365L * 86_400_000 ? TimeSpan.FromMilliseconds(ms) : null;
            return value is null ? "must be a number and a unit: s, min, h or d, such as 12h, a year at most" : null;
        },
        static value => value is { } time ? Write((long)time.TotalMilliseconds, Times) : "")
    {
        MayRepeat = WrongValue.IsNumber,
    };

    /// <summary>A number of bytes, units of 1024; null where none is set.</summary>
    public static SettingType<long?> Bytes { get; } = new(
        "a number and kB, MB, GB or TB (20GB)",
        static (string text, out long? value) =>
        {
            value = Read(text, Sizes);
            return value is null ? "must be a number and a unit: kB, MB, GB or TB, such as 20GB" : null;
        },
        static value => value is { } bytes ? Write(bytes, Sizes) : "")
    {
        MayRepeat = WrongValue.IsNumber,
    };

    private static long? Read(string text, (string Unit, long Factor)[] units)
    {
        string digits = text.Trim();
        int end = digits.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (end <= 0 || !long.TryParse(digits.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out long number) || number == 0)
        {
            return null;
        }

        string unit = digits[end..].TrimStart();
        foreach (var (name, factor) in units)
        {
            if (unit.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return number <= long.MaxValue / factor ? number * factor : null;
            }
        }

        return null;
    }

    // In the largest unit that says it exactly.
    private static string Write(long value, (string Unit, long Factor)[] units)
    {
        var (unit, factor) = units.LastOrDefault(unit => value % unit.Factor == 0, units[0]);
        return string.Create(CultureInfo.InvariantCulture, $"{value / factor}{unit}");
    }
}
