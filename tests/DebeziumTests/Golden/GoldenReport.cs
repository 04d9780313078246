using System.Globalization;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Collects the verdicts of one way of trying cases. Written for <c>./test</c>, which puts the ways into one table, where <c>PENSTOCK_GOLDEN_RESULTS</c> names a folder.</summary>
/// <param name="way">The row's name in the table; the files' name.</param>
internal sealed class GoldenReport(string way)
{
    private readonly SortedDictionary<string, GoldenResult> _results = new(StringComparer.Ordinal);

    public void Add(string name, GoldenResult result)
    {
        lock (_results)
        {
            _results[name] = result;
        }
    }

    /// <summary>Cases by outcome, events compared, as one row; the columns are <c>./test</c>'s.</summary>
    public string Row()
    {
        int Of(GoldenOutcome outcome) => _results.Values.Count(r => r.Outcome == outcome);
        var counts = _results.Values.Select(r => r.Counts).ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{way,-26} {Of(GoldenOutcome.Passed),7} {Of(GoldenOutcome.Known),6} {Of(GoldenOutcome.NotRun),8} {Of(GoldenOutcome.Failed),7} {_results.Count,6} {counts.Sum(c => c.Events),8} {counts.Sum(c => c.SnapshotEvents),9} {counts.Sum(c => c.SnapshotEventsLeftOut),9}");
    }

    /// <summary>Every case that has something to say: failed, not run, differing as known, events left out.</summary>
    public IEnumerable<string> Cases() =>
        from result in _results
        let text = Text(result.Value)
        where text is not null
        orderby result.Value.Outcome descending, result.Key
        select $"{way[0]} {result.Key}: {text}";

    /// <summary>Writes both, if a folder was named.</summary>
    public void Write()
    {
        if (Environment.GetEnvironmentVariable("PENSTOCK_GOLDEN_RESULTS") is { Length: > 0 } folder && _results.Count > 0)
        {
            File.WriteAllLines(Path.Combine(folder, way + ".row"), [Row()]);
            File.WriteAllLines(Path.Combine(folder, way + ".cases"), Cases());
        }
    }

    private static string? Text(GoldenResult result) => result.Outcome switch
    {
        GoldenOutcome.Failed => $"FAILED, {result.Differences.Count} differences, the first: {result.Differences[0]}",
        GoldenOutcome.NotRun => $"NOT RUN, {result.Reason}",
        GoldenOutcome.Known => $"differs as known, {result.Reason}",
        _ when result.Counts.SnapshotEventsLeftOut > 0 => $"passed, {result.Counts.SnapshotEventsLeftOut} events of a snapshot left out: {result.Reason}",
        _ => null,
    };
}
