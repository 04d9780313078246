using System.Text.RegularExpressions;

namespace Penstock.Debezium.Snapshots;

/// <summary>Which tables a name in a signal's <c>data-collections</c> means: it is a regular expression over <c>schema.table</c>, whole and case-sensitive, unlike those of settings.</summary>
internal static class TableMatch
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>The tables that match; none for what is no regular expression.</summary>
    public static IReadOnlyList<string> Of(string pattern, IEnumerable<string> tables)
    {
        try
        {
            var regex = new Regex($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant, Limit);
            return [.. tables.Where(table => regex.IsMatch(table))];
        }
        catch (Exception error) when (error is ArgumentException or RegexMatchTimeoutException)
        {
            return [];
        }
    }
}
