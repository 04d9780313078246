using System.Text.RegularExpressions;

namespace Penstock.Debezium.Events;

/// <summary>Debezium's patterns match whole names and ignore case (section 1).</summary>
public static class AnchoredPattern
{
    // A pattern of a user runs on names when a relation becomes known, never per row; a second is far beyond what a sane pattern takes.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <exception cref="FormatException">The pattern is not a regular expression.</exception>
    public static Regex Compile(string pattern) => Compile(pattern, RegexOptions.IgnoreCase);

    /// <summary>One that minds case.</summary>
    /// <exception cref="FormatException">The pattern is not a regular expression.</exception>
    public static Regex CompileAsSpelt(string pattern) => Compile(pattern, RegexOptions.None);

    private static Regex Compile(string pattern, RegexOptions options)
    {
        try
        {
            return new Regex($"^(?:{pattern})$", options | RegexOptions.CultureInvariant, Limit);
        }
        catch (ArgumentException error)
        {
            throw new FormatException($"'{pattern}' is not a regular expression: {error.Message}", error);
        }
    }
}
