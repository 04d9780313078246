using System.Diagnostics.CodeAnalysis;
using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>One rule of <c>message.key.columns</c>: the tables it is for and the columns that make their key, in order.</summary>
/// <param name="Table">One regular expression over <c>schema.table</c>.</param>
/// <param name="Columns">Column names.</param>
internal sealed record KeyColumnRule(PatternList Table, IReadOnlyList<string> Columns);

/// <summary><c>message.key.columns</c>: <c>schema.table:column,column;schema.table:column</c>, the table as a regular expression (Debezium, option of that name).</summary>
internal sealed class KeyColumnRules
{
    private KeyColumnRules(string text, IReadOnlyList<KeyColumnRule> rules)
    {
        Text = text;
        Rules = rules;
    }

    public static SettingType<KeyColumnRules?> Type { get; } = new(
        "schema.table:column,column;... with the table as a regular expression",
        static (string text, out KeyColumnRules? value) => TryParse(text, out value, out var problem) ? null : problem,
        static value => value?.Text ?? "");

    public string Text { get; }

    public IReadOnlyList<KeyColumnRule> Rules { get; }

    /// <summary>The key columns of <paramref name="table"/> (<c>schema.table</c>) by the first rule that matches; null when none does.</summary>
    public IReadOnlyList<string>? ColumnsOf(string table) => Rules.FirstOrDefault(rule => rule.Table.Matches(table))?.Columns;

    public static bool TryParse(string text, [NotNullWhen(true)] out KeyColumnRules? rules, [NotNullWhen(false)] out string? problem)
    {
        rules = null;
        var parsed = new List<KeyColumnRule>();
        foreach (var part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // The last colon divides: a non-capturing group in the expression has one too.
            var colon = part.LastIndexOf(':');
            var columns = colon < 0 ? [] : part[(colon + 1)..].Split(',', StringSplitOptions.TrimEntries);
            if (colon <= 0 || columns.Any(static column => column.Length == 0))
            {
                problem = $"part {parsed.Count + 1} must be schema.table:column,column";
                return false;
            }

            if (!PatternList.TryParseSingle(part[..colon], out var table, out var reason))
            {
                problem = $"part {parsed.Count + 1}: {reason}";
                return false;
            }

            parsed.Add(new KeyColumnRule(table, columns));
        }

        if (parsed.Count == 0)
        {
            problem = "must have at least one part schema.table:column,column";
            return false;
        }

        rules = new KeyColumnRules(text.Trim(), parsed);
        problem = null;
        return true;
    }
}
