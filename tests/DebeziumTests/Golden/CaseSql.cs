using System.Text;

namespace Penstock.DebeziumTests.Golden;

/// <summary>One statement of <c>setup.sql</c> or <c>steps.sql</c>, or one directive (<c>-- @word argument</c>).</summary>
/// <param name="Text">The statement, or the directive behind its mark.</param>
/// <param name="IsDirective">Not SQL.</param>
/// <param name="Line">Where it begins, from 1.</param>
internal readonly record struct CaseStep(string Text, bool IsDirective, int Line);

/// <summary>
/// Cuts a case's SQL as the corpus defines it: a statement ends with the <c>;</c> at the end of a line. A <c>;</c> inside quotes, a dollar-quoted body or a comment ends nothing.
/// </summary>
internal static class CaseSql
{
    private const string Mark = "-- @";

    /// <summary>The statements and directives of a file in their order; none if there is no file.</summary>
    public static IReadOnlyList<CaseStep> Read(string path) => File.Exists(path) ? Split(File.ReadAllText(path)) : [];

    public static IReadOnlyList<CaseStep> Split(string text)
    {
        var steps = new List<CaseStep>();
        var statement = new StringBuilder();
        var quoting = new SqlQuoting();
        int begins = 1;
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            bool isBetween = !quoting.IsOpen && string.IsNullOrWhiteSpace(statement.ToString());
            if (isBetween && line.StartsWith(Mark, StringComparison.Ordinal))
            {
                steps.Add(new CaseStep(line[Mark.Length..].Trim(), IsDirective: true, number));
                statement.Clear();
                continue;
            }

            if (isBetween)
            {
                statement.Clear();
                begins = number;
            }

            statement.Append(line).Append('\n');
            if (quoting.EndsStatement(line))
            {
                steps.Add(new CaseStep(statement.ToString(), IsDirective: false, begins));
                statement.Clear();
            }
        }

        // A last statement without its semicolon; comments alone are none.
        if (statement.ToString().Split('\n').Any(line => line.Trim() is { Length: > 0 } rest && !rest.StartsWith("--", StringComparison.Ordinal)))
        {
            steps.Add(new CaseStep(statement.ToString(), IsDirective: false, begins));
        }

        return steps;
    }

    /// <summary>What is open at the end of a line: a string, an identifier, a dollar-quoted body, a comment.</summary>
    private sealed class SqlQuoting
    {
        // The text that closes what is open; null if nothing is.
        private string? _closes;

        public bool IsOpen => _closes is not null;

        /// <summary>Reads one more line; true if it ends with a semicolon that stands outside of everything.</summary>
        public bool EndsStatement(string line)
        {
            bool ends = false;
            for (int at = 0; at < line.Length;)
            {
                if (_closes is not null)
                {
                    int close = line.IndexOf(_closes, at, StringComparison.Ordinal);
                    at = close < 0 ? line.Length : close + _closes.Length;
                    _closes = close < 0 ? _closes : null;
                    continue;
                }

                if (line.AsSpan(at).StartsWith("--"))
                {
                    break;
                }

                ends = line[at] == ';' || (ends && char.IsWhiteSpace(line[at]));
                at += Open(line, at);
            }

            return ends && !IsOpen;
        }

        // The length of what begins here; a doubled quote closes and opens again, which comes to the same.
        private int Open(string line, int at)
        {
            if (line[at] is '\'' or '"')
            {
                _closes = line[at].ToString();
                return 1;
            }

            if (line.AsSpan(at).StartsWith("/*"))
            {
                _closes = "*/";
                return 2;
            }

            if (line[at] == '$' && DollarTag(line, at) is { } tag)
            {
                _closes = tag;
                return tag.Length;
            }

            return 1;
        }

        private static string? DollarTag(string line, int at)
        {
            int end = at + 1;
            while (end < line.Length && (char.IsLetterOrDigit(line[end]) || line[end] == '_'))
            {
                end++;
            }

            return end < line.Length && line[end] == '$' && !char.IsDigit(line[at + 1]) ? line[at..(end + 1)] : null;
        }
    }
}
