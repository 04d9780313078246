using System.Globalization;
using System.Text.RegularExpressions;

namespace Penstock.Debezium.Transforms;

/// <summary>The options of one transform or predicate, under the names that Kafka Connect's documentation gives them. Knows which were read, so that a mistyped one is told.</summary>
/// <param name="kind"><c>transforms</c> or <c>predicates</c>.</param>
/// <param name="alias">The user's name for it.</param>
/// <param name="all">All properties.</param>
internal sealed class TransformOptions(string kind, string alias, IReadOnlyDictionary<string, string> all)
{
    private readonly HashSet<string> _read = ["type"];
    private readonly string _prefix = $"{kind}.{alias}.";

    /// <summary>Text of an option, or null.</summary>
    public string? Text(string name)
    {
        _read.Add(name);
        return all.TryGetValue(_prefix + name, out string? text) && text.Trim().Length > 0 ? text.Trim() : null;
    }

    /// <summary>Whether an option is given without a text.</summary>
    public bool IsEmpty(string name)
    {
        _read.Add(name);
        return all.TryGetValue(_prefix + name, out string? text) && text.Trim().Length == 0;
    }

    public string Text(string name, string otherwise) => Text(name) ?? otherwise;

    public bool Flag(string name, bool otherwise) => Text(name) is not { } text
        ? otherwise
        : bool.TryParse(text, out bool flag) ? flag : throw Wrong(name, "is neither true nor false");

    public int Number(string name, int least) => int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least
        ? number
        : throw Wrong(name, $"must be a whole number from {least}");

    public string[] List(string name) => Text(name)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    public Regex? Pattern(string name)
    {
        try
        {
            return Text(name) is { } text ? new Regex($"^(?:{text})$", RegexOptions.CultureInvariant) : null;
        }
        catch (ArgumentException error)
        {
            throw Wrong(name, $"is no regular expression: {error.Message}");
        }
    }

    public FormatException Wrong(string name, string what) => new($"{_prefix}{name} {what}");

    /// <exception cref="FormatException">There is an option that nobody asked for.</exception>
    public void EnsureAllRead()
    {
        foreach (string name in all.Keys.Where(k => k.StartsWith(_prefix, StringComparison.Ordinal)).Select(k => k[_prefix.Length..]))
        {
            if (!_read.Contains(name))
            {
                throw Wrong(name, $"is no option of this {(kind == "transforms" ? "transform" : "predicate")}; it has {string.Join(", ", _read.Order(StringComparer.Ordinal))}");
            }
        }
    }
}
