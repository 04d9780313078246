using System.Text;
using System.Text.RegularExpressions;

namespace Penstock.Debezium.Events;

/// <summary><c>message.prefix.include.list</c> or <c>message.prefix.exclude.list</c>: which logical decoding messages become events, by their prefix.</summary>
public sealed class MessagePrefixes
{
    private readonly Regex[] _patterns;
    private readonly bool _include;

    private MessagePrefixes(Regex[] patterns, bool include)
    {
        _patterns = patterns;
        _include = include;
    }

    public static MessagePrefixes All { get; } = new([], include: false);

    /// <param name="list">Comma separated patterns.</param>
    /// <param name="include">True for the include list, false for the exclude list.</param>
    /// <exception cref="FormatException">A pattern is not a regular expression.</exception>
    public static MessagePrefixes Parse(string list, bool include) =>
        Of(list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), include);

    /// <param name="patterns">One pattern each.</param>
    /// <param name="include">True for the include list, false for the exclude list.</param>
    /// <exception cref="FormatException">A pattern is not a regular expression.</exception>
    public static MessagePrefixes Of(IEnumerable<string> patterns, bool include) => new([.. patterns.Select(AnchoredPattern.Compile)], include);

    /// <summary>Whether a message with this prefix becomes an event.</summary>
    public bool Includes(ReadOnlySpan<byte> prefix)
    {
        if (_patterns.Length == 0)
        {
            return true;
        }

        // Only with a filter, and a message is not a row: the text may cost an allocation.
        string text = Encoding.UTF8.GetString(prefix);
        foreach (var pattern in _patterns)
        {
            if (pattern.IsMatch(text))
            {
                return _include;
            }
        }

        return !_include;
    }
}
