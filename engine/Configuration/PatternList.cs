using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace Penstock.Engine.Configuration;

/// <summary>
/// A comma separated list of regular expressions by Debezium's rules (its section "include and exclude lists"): each is matched against the whole name, upper and
/// lower case alike; white space around an expression is dropped; a comma inside brackets of any kind, or behind a backslash, belongs to the expression.
/// </summary>
public sealed class PatternList
{
    /// <summary>
    /// Names are at most 63 + 1 + 63 + 1 + 63 characters, and a name is matched once per relation, not per row: an expression that needs longer than this
    /// backtracks without end and is a mistake in the settings.
    /// </summary>
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private readonly Regex[] _expressions;
    private readonly string _text;

    private PatternList(string text, string[] sources, Regex[] expressions)
    {
        _text = text;
        Sources = sources;
        _expressions = expressions;
    }

    /// <summary>The expressions as written, in order.</summary>
    public IReadOnlyList<string> Sources { get; }

    /// <summary>Parses the list; on false <paramref name="problem"/> says which expression is wrong and why.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PatternList? list, [NotNullWhen(false)] out string? problem)
    {
        return TryCompileAll(text, Split(text), out list, out problem);
    }

    /// <summary>Parses one expression in which a comma means itself.</summary>
    public static bool TryParseSingle(string text, [NotNullWhen(true)] out PatternList? list, [NotNullWhen(false)] out string? problem)
    {
        var source = text.Trim();
        return TryCompileAll(text, source.Length == 0 ? [] : [source], out list, out problem);
    }

    /// <summary>True when any expression matches the whole of <paramref name="name"/>.</summary>
    /// <exception cref="RegexMatchTimeoutException">An expression with look-around or back-references needed more than a second.</exception>
    public bool Matches(string name) => IndexOf(name) >= 0;

    /// <summary>The place of the first expression that matches the whole of <paramref name="name"/>, or -1.</summary>
    /// <exception cref="RegexMatchTimeoutException">An expression with look-around or back-references needed more than a second.</exception>
    public int IndexOf(string name) => Array.FindIndex(_expressions, expression => expression.IsMatch(name));

    /// <summary>The places in <see cref="Sources"/> of the expressions that match none of <paramref name="names"/>: most likely typing errors.</summary>
    public IEnumerable<string> SourcesWithoutMatch(IReadOnlyCollection<string> names) =>
        Sources.Where((_, i) => !names.Any(_expressions[i].IsMatch));

    /// <summary>True when the expression <paramref name="source"/>, one of <see cref="Sources"/>, matches the whole of <paramref name="name"/>.</summary>
    public bool Matches(string source, string name) => Sources.Where((text, i) => text == source && _expressions[i].IsMatch(name)).Any();

    public override string ToString() => _text;

    private static bool TryCompileAll(string text, string[] sources, [NotNullWhen(true)] out PatternList? list, [NotNullWhen(false)] out string? problem)
    {
        list = null;
        if (sources.Length == 0)
        {
            problem = "has no expression in it";
            return false;
        }

        var expressions = new Regex[sources.Length];
        for (var i = 0; i < sources.Length; i++)
        {
            if (!TryCompile(sources[i], out var expression, out var reason))
            {
                problem = $"expression {i + 1} is no regular expression: {reason}";
                return false;
            }

            expressions[i] = expression;
        }

        list = new PatternList(text.Trim(), sources, expressions);
        problem = null;
        return true;
    }

    private static string[] Split(string text)
    {
        var sources = new List<string>();
        var current = new StringBuilder();
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                // "\," is the comma itself; every other escape belongs to the expression.
                if (text[i + 1] != ',')
                {
                    current.Append('\\');
                }

                current.Append(text[++i]);
            }
            else if (text[i] == ',' && depth == 0)
            {
                sources.Add(current.ToString().Trim());
                current.Clear();
            }
            else
            {
                depth = text[i] switch
                {
                    '(' or '[' or '{' => depth + 1,
                    ')' or ']' or '}' => Math.Max(depth - 1, 0),
                    _ => depth,
                };
                current.Append(text[i]);
            }
        }

        sources.Add(current.ToString().Trim());
        return [.. sources.Where(static source => source.Length > 0)];
    }

    private static bool TryCompile(string source, [NotNullWhen(true)] out Regex? expression, [NotNullWhen(false)] out string? reason)
    {
        const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;
        expression = null;
        reason = null;
        try
        {
            // The source alone first: "a)(b" would become valid inside the anchoring group.
            expression = new Regex(source, Options, MatchTimeout);
            var anchored = $@"\A(?:{source})\z";
            expression = HasNoLinearForm(source) ? new Regex(anchored, Options, MatchTimeout) : new Regex(anchored, Options | RegexOptions.NonBacktracking, MatchTimeout);
            return true;
        }
        catch (RegexParseException e)
        {
            reason = $"{e.Error} at character {e.Offset + 1}";
            return false;
        }
    }

    /// <summary>Look-around, back-references and atomic groups cannot be matched in linear time; such an expression is matched by backtracking under the timeout.</summary>
    private static bool HasNoLinearForm(string source)
    {
        try
        {
            _ = new Regex(source, RegexOptions.NonBacktracking);
            return false;
        }
        catch (NotSupportedException)
        {
            return true;
        }
    }
}
