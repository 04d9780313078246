using System.Text.RegularExpressions;

namespace Penstock.Engine.Configuration;

/// <summary>
/// An option that users know from elsewhere and that this product refuses by name, with the reason, instead of ignoring it or calling it unknown.
/// </summary>
/// <param name="Name">The option's name; <c>&lt;N&gt;</c> stands for any part, <c>*</c> at the end for any rest, or none: <c>column.mask.with.&lt;N&gt;.chars</c>.</param>
/// <param name="Reason">What the user reads after "is"; says what to do.</param>
/// <param name="OnlyValue">The one value that is accepted because it asks for what happens here anyway; null when there is none.</param>
public sealed partial record UnavailableOption(string Name, string Reason, string? OnlyValue = null)
{
    private Regex? _environmentPattern;

    /// <summary>True when <paramref name="environmentName"/> (with the product's prefix) names this option.</summary>
    public bool Matches(string environmentName)
    {
        _environmentPattern ??= new Regex(
            @"\A" + Placeholder().Replace(Regex.Escape(EnvironmentNames.Of(Name)), match => match.Value[0] == '<' ? ".+" : ".*") + @"\z",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        return _environmentPattern.IsMatch(environmentName);
    }

    [GeneratedRegex(@"<[^>]+>|\\\*\z")]
    private static partial Regex Placeholder();
}
