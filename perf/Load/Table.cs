using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Penstock.Load;

/// <summary>Runs all benches one after the other, each as a process with servers of its own, and writes what they measured beside what they have to keep.</summary>
/// <param name="runs">Of each short bench.</param>
/// <param name="only">Benches whose command line this regular expression matches; null for all.</param>
/// <param name="debezium">Folder for <see cref="Comparison"/>; null leaves it out.</param>
/// <param name="folder">For the file.</param>
/// <param name="further">Arguments that all benches get.</param>
internal sealed class Table(int runs, string? only, string? debezium, string folder, string[] further)
{
    private readonly List<string> _lines = [];
    private int _missed;

    /// <summary>0 if every bar is kept.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var rows = TableRow.All.Where(row => only is null || Regex.IsMatch(row.Arguments, only)).ToList();
        if (debezium is not null && (only is null || Regex.IsMatch("compare", only)))
        {
            rows.Add(new TableRow("compare", true));
        }

        _lines.Add(string.Create(CultureInfo.InvariantCulture, $"# {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} cores, .NET {Environment.Version}"));
        _lines.Add("");
        _lines.Add($"`perf/bench table --runs {runs}`{(only is null ? "" : $" `--only {only}`")}; minimum, median and maximum where a bench ran more than once.");
        _lines.Add("");
        _lines.Add("| bench | figure | bar | minimum | median | maximum | |");
        _lines.Add("|---|---|---|---|---|---|---|");
        var raw = new List<string>();
        string? versions = null;
        foreach (var row in rows)
        {
            var results = new List<JsonElement>();
            for (int run = 0; run < (row.Short ? runs : 1); run++)
            {
                Report.Say($"== {row.Arguments}");
                var (result, said) = await MeasureAsync([.. row.Arguments.Split(' '), .. row.Arguments == "compare" ? ["--debezium", debezium!] : Array.Empty<string>(), .. further], cancellation);
                versions ??= said;
                if (result is { } line)
                {
                    results.Add(JsonDocument.Parse(line).RootElement);
                    raw.Add(line);
                }
            }

            AddRow(row, results);
        }

        _lines.Insert(2, $"{versions}. {_missed} of the bars {(_missed == 1 ? "is" : "are")} missed.\n");
        _lines.AddRange(["", "```", .. raw, "```"]);
        string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd-HHmm}.md"));
        Directory.CreateDirectory(folder);
        await File.WriteAllLinesAsync(path, _lines, new UTF8Encoding(false), cancellation);
        _lines.ForEach(Report.Say);
        Report.Say($"written to {path}");
        return _missed == 0 ? 0 : 1;
    }

    private void AddRow(TableRow row, List<JsonElement> results)
    {
        if (results.Count == 0)
        {
            _missed++;
            _lines.Add($"| {row.Arguments} | | | | | | **failed** |");
        }

        foreach (var bar in row.Bars.Where(_ => results.Count > 0))
        {
            double[] figures = [.. results.Select(result => result.GetProperty(bar.Key).GetDouble()).Order()];
            double median = figures[figures.Length / 2];
            bool kept = bar.IsKeptBy(median);
            _missed += kept ? 0 : 1;
            _lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"| {row.Arguments} | {bar.Key} | {(bar.AtMost ? "<=" : ">=")} {bar.Limit} | {figures[0]} | {median} | {figures[^1]} | {(kept ? "kept" : "**missed**")} |"));
        }

        foreach (var result in results.Where(_ => row.Bars.Length == 0))
        {
            _lines.Add($"| {row.Arguments} | {string.Join(", ", result.EnumerateObject().Select(figure => $"{figure.Name} {figure.Value}"))} | | | | | |");
        }
    }

    private static async Task<(string? Result, string? Versions)> MeasureAsync(string[] arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        await using var stopping = cancellation.Register(() => process.Kill(entireProcessTree: true));
        string? result = null, versions = null;
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            Report.Say(line);
            versions ??= line.Split(';')[0];
            result = line.StartsWith("RESULT ", StringComparison.Ordinal) ? line["RESULT ".Length..] : result;
        }

        await process.WaitForExitAsync(CancellationToken.None);
        cancellation.ThrowIfCancellationRequested();
        return (process.ExitCode == 0 ? result : null, versions);
    }
}
