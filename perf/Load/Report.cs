using System.Globalization;
using System.Text.Json;

namespace Penstock.Load;

/// <summary>What a bench prints: lines while it runs, a table, and <c>RESULT {json}</c> as its last line.</summary>
internal static class Report
{
    public static void Say(string line) => Console.WriteLine(line);

    public static void Result(IReadOnlyDictionary<string, object> figures)
    {
        foreach (var (name, value) in figures)
        {
            Say($"  {name,-20} {Convert.ToString(value, CultureInfo.InvariantCulture)}");
        }

        Say("RESULT " + JsonSerializer.Serialize(figures));
    }

    /// <summary>The value below which the given share of the sorted values lies.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double share) => sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(share * sorted.Count) - 1)];
}
