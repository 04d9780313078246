namespace Penstock.Engine.Configuration;

/// <summary>Parses a setting's text. Returns null when it is good; else what is wrong, as a sentence part that never repeats the text (it may be a secret).</summary>
public delegate string? SettingParser<T>(string text, out T value);

/// <summary>What a setting's text may be: how it is parsed, described and written back.</summary>
/// <param name="allowed">A phrase that follows "must be", e.g. "a whole number from 1 to 100".</param>
/// <param name="parse">The parser.</param>
/// <param name="format">Writes a value as the text that would be parsed to it; used for defaults in help and documentation.</param>
public sealed class SettingType<T>(string allowed, SettingParser<T> parse, Func<T, string> format)
{
    public string Allowed { get; } = allowed;

    /// <summary>
    /// True for a wrong text that a message may repeat: one that can only be a slip of a value of this type. What is never shown by it is a password that was set under this setting's name,
    /// so the default is never.
    /// </summary>
    public Func<string, bool> MayRepeat { get; init; } = static _ => false;

    public string? Parse(string text, out T value) => parse(text, out value);

    public string Format(T value) => format(value);
}
