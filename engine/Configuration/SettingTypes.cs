using System.Globalization;
using System.Text.RegularExpressions;

namespace Penstock.Engine.Configuration;

/// <summary>The kinds of text that settings are made of. None of them knows a database or a broker.</summary>
public static class SettingTypes
{
    /// <summary>Any text that is not empty.</summary>
    public static SettingType<string> Text(string allowed) => Checked(allowed, static _ => null);

    /// <summary>Text that <paramref name="problemOf"/> finds nothing wrong with (null), surrounding white space removed.</summary>
    public static SettingType<string> Checked(string allowed, Func<string, string?> problemOf) => new(
        allowed,
        (string text, out string value) =>
        {
            value = text.Trim();
            return problemOf(value);
        },
        static value => value);

    /// <summary>Text taken as it is, white space included.</summary>
    public static SettingType<string> Verbatim(string allowed) => new(
        allowed,
        static (string text, out string value) =>
        {
            value = text;
            return null;
        },
        static value => value);

    /// <summary>Text that matches <paramref name="pattern"/> as a whole.</summary>
    public static SettingType<string> Matching(string pattern, string allowed)
    {
        var regex = new Regex($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        return Checked(allowed, value => regex.IsMatch(value) ? null : MustBe(allowed));
    }

    /// <summary><c>true</c> or <c>false</c>, in any case.</summary>
    public static SettingType<bool> Boolean { get; } = new(
        "true or false",
        static (string text, out bool value) => bool.TryParse(text.Trim(), out value) ? null : MustBe("true or false"),
        static value => value ? "true" : "false")
    {
        MayRepeat = static text => WrongValue.IsNearly(text, ["true", "false", "yes", "no", "on", "off"]),
    };

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static SettingType<int> Integer(int least, int most = int.MaxValue)
    {
        var allowed = RangeText(least, most, most == int.MaxValue);
        return new(
            allowed,
            (string text, out int value) => TryNumber(text, least, most, out value) ? null : MustBe(allowed),
            static value => value.ToString(CultureInfo.InvariantCulture))
        {
            MayRepeat = WrongValue.IsNumber,
        };

        static bool TryNumber(string text, int least, int most, out int value) =>
            int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;
    }

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>, 64 bits.</summary>
    public static SettingType<long> LongInteger(long least, long most = long.MaxValue)
    {
        var allowed = RangeText(least, most, most == long.MaxValue);
        return new(
            allowed,
            (string text, out long value) => TryNumber(text, least, most, out value) ? null : MustBe(allowed),
            static value => value.ToString(CultureInfo.InvariantCulture))
        {
            MayRepeat = WrongValue.IsNumber,
        };

        static bool TryNumber(string text, long least, long most, out long value) =>
            long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;
    }

    /// <summary>One word of a fixed list, in any case.</summary>
    /// <param name="words">The words and what they mean; the first word of a value is the one shown.</param>
    /// <param name="notBuilt">Words that are known elsewhere and refused here by name.</param>
    /// <param name="aliases">Old words that are understood and not advertised.</param>
    public static SettingType<T> Choice<T>(
        IReadOnlyList<(string Word, T Value)> words,
        IReadOnlyList<string>? notBuilt = null,
        IReadOnlyList<(string Word, T Value)>? aliases = null)
        where T : notnull
    {
        var allowed = Listed(words.Select(word => word.Word));
        return new(
            allowed,
            (string text, out T value) =>
            {
                var given = text.Trim();
                foreach (var (word, meant) in words.Concat(aliases ?? []))
                {
                    if (string.Equals(word, given, StringComparison.OrdinalIgnoreCase))
                    {
                        value = meant;
                        return null;
                    }
                }

                value = words[0].Value;
                return notBuilt?.Contains(given, StringComparer.OrdinalIgnoreCase) == true
                    ? $"is known in Debezium but not built in this version; {MustBe(allowed)}"
                    : MustBe(allowed);
            },
            value => words.First(word => EqualityComparer<T>.Default.Equals(word.Value, value)).Word)
        {
            MayRepeat = text => WrongValue.IsNearly(text, [.. words.Select(word => word.Word), .. notBuilt ?? []]),
        };
    }

    /// <summary>A list of regular expressions; see <see cref="PatternList"/>.</summary>
    public static SettingType<PatternList?> Patterns(string of) => new(
        $"a comma separated list of regular expressions, each matching a whole {of}, upper and lower case alike",
        static (string text, out PatternList? value) => PatternList.TryParse(text, out value, out var problem) ? null : problem,
        static value => value?.ToString() ?? "");

    /// <summary>A PEM text: as it is, with <c>\n</c> for its line ends, or the whole in base64.</summary>
    public static SettingType<string?> Pem(string what)
    {
        var allowed = $"{what} in PEM form (-----BEGIN ...), its line ends written as they are or as \\n, or the whole in base64";
        return new(
            allowed,
            (string text, out string? value) => PemText.TryNormalise(text, out value) ? null : MustBe(allowed),
            static value => value ?? "");
    }

    internal static string MustBe(string allowed) => "must be " + allowed;

    private static string RangeText(long least, long most, bool isOpen) => isOpen
        ? string.Create(CultureInfo.InvariantCulture, $"a whole number, {least} or more")
        : string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}");

    private static string Listed(IEnumerable<string> words)
    {
        var all = words.ToArray();
        return all.Length == 1 ? all[0] : string.Join(", ", all[..^1]) + " or " + all[^1];
    }
}
