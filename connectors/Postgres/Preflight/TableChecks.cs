using Penstock.Postgres.Catalog;

namespace Penstock.Postgres.Preflight;

/// <summary>What the captured tables must be and allow.</summary>
internal static class TableChecks
{
    private const string IncludeSetting = "PENSTOCK_TABLE_INCLUDE_LIST";

    public static void AddSelection(List<PreflightFinding> findings, TableSelection selection, IReadOnlyList<CapturedTable> all, IReadOnlyList<CapturedTable> captured)
    {
        foreach (string pattern in selection.IncludePatterns)
        {
            var matches = all.Where(t => selection.PatternMatches(pattern, t.Schema, t.Name)).ToList();
            if (matches.Count == 0)
            {
                findings.Add(new PreflightFinding("table.include.list", true, $"{IncludeSetting} names '{pattern}', which matches no table.{Nearest(pattern, all)}"));
            }

            foreach (var table in matches.Where(t => !t.IsLogged))
            {
                findings.Add(new PreflightFinding(
                    "table.include.list",
                    false,
                    $"table {table.FullName} is UNLOGGED: its changes never reach the WAL, so it is not captured. Type: ALTER TABLE {table.QuotedName} SET LOGGED;"));
            }
        }

        if (captured.Count == 0 && findings.TrueForAll(f => f.Check != "table.include.list"))
        {
            findings.Add(new PreflightFinding("table.include.list", true, $"no table is captured: there is none, or {IncludeSetting} and the schema lists leave none over."));
        }
    }

    internal static string Count(IReadOnlyList<CapturedTable> tables) => tables.Count == 1 ? "a table" : $"{tables.Count} tables";

    private static string Nearest(string pattern, IReadOnlyList<CapturedTable> all)
    {
        // As written in a regular expression: the escapes are not part of the name.
        string wanted = pattern.Replace("\\", "", StringComparison.Ordinal);
        if (!wanted.Contains('.', StringComparison.Ordinal) && all.FirstOrDefault(t => t.Name == wanted) is { } bare)
        {
            return $" Entries are schema.table: did you mean {bare.FullName}?";
        }

        var near = all
            .Select(t => (t.FullName, Distance: EditDistance(wanted, t.FullName)))
            .Where(t => t.Distance <= Math.Max(2, wanted.Length / 3))
            .OrderBy(t => t.Distance)
            .Take(3)
            .Select(t => t.FullName)
            .ToList();
        return near.Count == 0 ? " Entries are regular expressions over schema.table." : $" Did you mean {string.Join(" or ", near)}?";
    }

    /// <summary>Levenshtein's distance, case ignored.</summary>
    private static int EditDistance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
