using System.Text.RegularExpressions;

namespace Penstock.Postgres.Catalog;

/// <summary>
/// A comma-separated list of regular expressions as Debezium's include and exclude options take them: anchored, case-insensitive; a comma inside brackets of any kind, or
/// behind a backslash, belongs to the expression (Debezium 1.3, RegExSplitter).
/// </summary>
public sealed class PatternList
{
    // An expression that backtracks for ever must not hang the start: names have at most 63 bytes a part, so a second is far beyond any sane match.
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private readonly (string Text, Regex Expression)[] _patterns;

    private PatternList((string Text, Regex Expression)[] patterns) => _patterns = patterns;

    /// <summary>The expressions as written.</summary>
    public IEnumerable<string> Patterns => _patterns.Select(p => p.Text);

    /// <summary>Reads a list. The error names the entry that is no regular expression.</summary>
    public static bool TryParse(string text, out PatternList? list, out string? error)
    {
        list = null;
        error = null;
        var patterns = new List<(string, Regex)>();
        foreach (string entry in Split(text))
        {
            try
            {
                patterns.Add((entry, new Regex($@"\A(?:{entry})\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, MatchTimeout)));
            }
            catch (ArgumentException exception)
            {
                error = $"'{entry}' is not a regular expression: {exception.Message}";
                return false;
            }
        }

        list = new PatternList([.. patterns]);
        return true;
    }

    public bool Matches(string name) => Array.Exists(_patterns, p => p.Expression.IsMatch(name));

    /// <summary>Whether the entry <paramref name="pattern"/> (one of <see cref="Patterns"/>) matches.</summary>
    public bool Matches(string pattern, string name) => Array.Exists(_patterns, p => p.Text == pattern && p.Expression.IsMatch(name));

    private static IEnumerable<string> Split(string text)
    {
        int start = 0;
        int depth = 0;
        for (int i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\':
                    i++;
                    break;
                case '(' or '[' or '{':
                    depth++;
                    break;
                case ')' or ']' or '}':
                    depth = Math.Max(depth - 1, 0);
                    break;
                case ',' when depth == 0:
                    if (text[start..i].Trim() is { Length: > 0 } entry)
                    {
                        yield return entry;
                    }

                    start = i + 1;
                    break;
            }
        }

        if (text[start..].Trim() is { Length: > 0 } last)
        {
            yield return last;
        }
    }
}
