using System.Text.RegularExpressions;

namespace Penstock.Debezium.Events;

/// <summary>
/// <c>message.key.columns</c>: <c>schema.table:column,column;...</c>, all of it regular expressions. Each column is a pattern <c>schema.table.column</c>, anchored and blind to case; all
/// that match a table's columns give its key, in the order of the option.
/// </summary>
public sealed class MessageKeyColumns
{
    private readonly Regex[] _columns;

    private MessageKeyColumns(Regex[] columns) => _columns = columns;

    /// <summary>No table has a key of its own.</summary>
    public static MessageKeyColumns None { get; } = new([]);

    /// <summary>Reads the option's text.</summary>
    /// <exception cref="FormatException">An entry is not <c>table:column,...</c>; the message says which.</exception>
    public static MessageKeyColumns Parse(string text)
    {
        var patterns = new List<Regex>();
        foreach (string entry in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = entry.LastIndexOf(':');
            string[] columns = colon < 0 ? [] : entry[(colon + 1)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (colon <= 0 || columns.Length == 0)
            {
                throw new FormatException($"message.key.columns: '{entry}' is not <schema>.<table>:<column>,<column>");
            }

            patterns.AddRange(columns.Select(column => AnchoredPattern.Compile($"{entry[..colon]}.{column}")));
        }

        return patterns.Count == 0 ? None : new MessageKeyColumns([.. patterns]);
    }

    /// <summary>The key columns of a table; none where the table's own key counts, also when no column of that name is there.</summary>
    /// <param name="schema">The table's schema.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="columns">All columns of the table, in order.</param>
    public string[] Find(string schema, string table, IEnumerable<string> columns) =>
        [.. _columns.SelectMany(pattern => columns.Where(column => pattern.IsMatch($"{schema}.{table}.{column}"))).Distinct()];
}
