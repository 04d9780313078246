using System.Text.RegularExpressions;

namespace Penstock.Debezium.Events;

/// <summary>
/// <c>message.key.columns</c>: <c>regex-of-schema.table:column,column;...</c>. The regex is anchored and ignores case; the first entry that matches a table gives its key.
/// </summary>
public sealed class MessageKeyColumns
{
    private readonly (Regex Table, string[] Columns)[] _entries;

    private MessageKeyColumns((Regex Table, string[] Columns)[] entries) => _entries = entries;

    /// <summary>No table has a key of its own.</summary>
    public static MessageKeyColumns None { get; } = new([]);

    /// <summary>Reads the option's text.</summary>
    /// <exception cref="FormatException">An entry is not <c>table:column,...</c>; the message says which.</exception>
    public static MessageKeyColumns Parse(string text)
    {
        var entries = new List<(Regex, string[])>();
        foreach (string entry in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = entry.LastIndexOf(':');
            string[] columns = colon < 0 ? [] : entry[(colon + 1)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (colon <= 0 || columns.Length == 0)
            {
                throw new FormatException($"message.key.columns: '{entry}' is not <schema>.<table>:<column>,<column>");
            }

            entries.Add((AnchoredPattern.Compile(entry[..colon]), columns));
        }

        return entries.Count == 0 ? None : new MessageKeyColumns([.. entries]);
    }

    /// <summary>The key columns of a table in the order of the option, or null where the table's own key counts.</summary>
    public string[]? Find(string schema, string table)
    {
        string name = $"{schema}.{table}";
        foreach (var (pattern, columns) in _entries)
        {
            if (pattern.IsMatch(name))
            {
                return columns;
            }
        }

        return null;
    }
}
