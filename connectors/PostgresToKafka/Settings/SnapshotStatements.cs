using System.Diagnostics.CodeAnalysis;
using System.Text;
using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>
/// <c>snapshot.select.statement.overrides</c>: finds for each listed table the variable with its SELECT. A variable's name keeps neither dots nor the case of letters, so the list, where the
/// names stand as they are, says what the variables mean.
/// </summary>
internal static class SnapshotStatements
{
    private const string Prefix = "snapshot.select.statement.overrides.";

    /// <summary>The option of a variable, by what stands behind the prefix of its name.</summary>
    public static string Option(string suffix) => Prefix + suffix;

    /// <summary>The statement without white space and semicolons at its ends: it becomes a part of a larger one.</summary>
    public static string Trimmed(string text) => text.Trim().TrimEnd(';', ' ', '\t', '\r', '\n');

    /// <summary>The statements by <c>schema.table</c>; what is wrong with them goes to <paramref name="reject"/>, the table is then left out.</summary>
    public static IReadOnlyDictionary<string, string> Read(SettingValues values, Action<SettingValues, string> reject)
    {
        var statements = new Dictionary<string, string>(StringComparer.Ordinal);
        var given = values.Given(SnapshotSettings.Statement).Select(static pair => (Suffix: pair.Option[Prefix.Length..], pair.Text)).ToList();
        // A list that cannot be read was refused when the setting was.
        IReadOnlyList<ListedTable> tables = TryParseNames(values.Get(SnapshotSettings.StatementTables) ?? "", out var listed, out _) ? listed : [];
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        // Names that stand in a variable as they are come first: what is left is told apart by letters and digits alone.
        foreach (var table in tables.OrderBy(table => given.Exists(variable => table.IsExactly(variable.Suffix)) ? 0 : 1))
        {
            int at = given.FindIndex(variable => table.IsExactly(variable.Suffix));
            at = at >= 0 ? at : given.FindIndex(variable => !owners.ContainsKey(variable.Suffix) && table.Resembles(variable.Suffix));
            if (at < 0)
            {
                string? twin = owners.Where(owner => table.Resembles(owner.Key)).Select(static owner => owner.Value).FirstOrDefault();
                reject(values, twin is null
                    ? $"names {table.Text}, whose statement is missing: give it in {EnvironmentNames.Of(Prefix)}{table.VariableSuffix}"
                    : $"names {twin} and {table.Text}, whose statements would stand in one variable: write the names as they are behind {EnvironmentNames.Of(Prefix)}");
                continue;
            }

            owners[given[at].Suffix] = table.Text;
            statements[table.Name] = Trimmed(given[at].Text);
        }

        foreach (var (suffix, _) in given.Where(variable => !owners.ContainsKey(variable.Suffix)))
        {
            reject(values, $"does not name the table of {EnvironmentNames.Of(Prefix)}{suffix}, whose statement would never be used");
        }

        return statements;
    }

    /// <summary>Takes the list apart: commas divide names, a dot divides schema and table, both lose that meaning within double quotes.</summary>
    internal static bool TryParseNames(string text, [NotNullWhen(true)] out IReadOnlyList<ListedTable>? tables, [NotNullWhen(false)] out string? problem)
    {
        var found = new List<ListedTable>();
        tables = null;
        foreach (string entry in Divide(text, ',').Select(static entry => entry.Trim()).Where(static entry => entry.Length > 0))
        {
            string[] parts = [.. Divide(entry, '.').Select(static part => Unquoted(part.Trim()))];
            if (parts.Length != 2 || parts.Any(static part => part.Length == 0) || entry.Count(static c => c == '"') % 2 != 0)
            {
                problem = $"entry {found.Count + 1} must be schema.table";
                return false;
            }

            found.Add(new ListedTable(entry, $"{parts[0]}.{parts[1]}"));
        }

        tables = found;
        problem = null;
        return true;
    }

    private static List<string> Divide(string text, char divider)
    {
        var parts = new List<string>();
        int start = 0;
        bool quoted = false;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == divider && !quoted))
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
            else if (text[i] == '"')
            {
                quoted = !quoted;
            }
        }

        return parts;
    }

    private static string Unquoted(string part) => part.Length >= 2 && part[0] == '"' && part[^1] == '"' ? part[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : part;

    /// <param name="Text">As it stands in the list.</param>
    /// <param name="Name"><c>schema.table</c> as in the database.</param>
    internal sealed record ListedTable(string Text, string Name)
    {
        /// <summary>The end of the variable's name by the rule.</summary>
        public string VariableSuffix => Flat(Name);

        /// <summary>Whether a variable whose name ends so names the table by the letter.</summary>
        public bool IsExactly(string suffix) => suffix == Name || suffix == Text;

        /// <summary>Whether it names the table once all but letters and digits is made equal, quotes written or not.</summary>
        public bool Resembles(string suffix) => Flat(suffix) is var flat && (flat == Flat(Name) || flat == Flat(Text));

        private static string Flat(string name)
        {
            var flat = new StringBuilder(name.Length);
            foreach (char c in name)
            {
                flat.Append(char.IsLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_');
            }

            return flat.ToString();
        }
    }
}
