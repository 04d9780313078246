using System.Globalization;
using System.Text.RegularExpressions;

namespace Penstock.EngineTests.Operations;

/// <param name="Name">The family's name.</param>
/// <param name="Type">counter or gauge.</param>
/// <param name="Samples">By labels as written, "" for none.</param>
public sealed record MetricFamily(string Name, string Type, IReadOnlyDictionary<string, double> Samples);

/// <summary>
/// Reads Prometheus' text format more strictly than Prometheus does: HELP, then TYPE, then all samples of a family in one piece, each family and each set of labels once, nothing else; counters end in
/// <c>_total</c> and are not negative, and nothing else ends so.
/// </summary>
public static partial class PrometheusText
{
    public static IReadOnlyDictionary<string, MetricFamily> Read(string text)
    {
        var families = new Dictionary<string, MetricFamily>(StringComparer.Ordinal);
        if (!text.EndsWith('\n'))
        {
            throw new FormatException("the last line does not end");
        }

        string[] lines = text[..^1].Split('\n');
        for (int i = 0; i < lines.Length;)
        {
            var help = Match(HelpLine(), lines, i++);
            string name = help.Groups["name"].Value;
            var type = Match(TypeLine(), lines, i++);
            if (type.Groups["name"].Value != name)
            {
                throw new FormatException($"TYPE of {type.Groups["name"].Value} follows HELP of {name}");
            }

            var samples = new Dictionary<string, double>(StringComparer.Ordinal);
            for (; i < lines.Length && !lines[i].StartsWith('#'); i++)
            {
                var sample = Match(SampleLine(), lines, i);
                if (sample.Groups["name"].Value != name)
                {
                    throw new FormatException($"a sample of {sample.Groups["name"].Value} stands in the family {name}");
                }

                double value = double.Parse(sample.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture);
                if (!samples.TryAdd(sample.Groups["labels"].Value, value))
                {
                    throw new FormatException($"twice: {lines[i]}");
                }
            }

            Add(families, new MetricFamily(name, type.Groups["type"].Value, samples));
        }

        return families;
    }

    private static void Add(Dictionary<string, MetricFamily> families, MetricFamily family)
    {
        bool isCounter = family.Type == "counter";
        if (family.Samples.Count == 0 || isCounter != family.Name.EndsWith("_total", StringComparison.Ordinal) || (isCounter && family.Samples.Values.Any(value => !(value >= 0))))
        {
            throw new FormatException($"{family.Type} {family.Name}: {string.Join(' ', family.Samples)}");
        }

        if (!families.TryAdd(family.Name, family))
        {
            throw new FormatException($"family {family.Name} comes twice");
        }
    }

    private static Match Match(Regex form, string[] lines, int line) =>
        line < lines.Length && form.Match(lines[line]) is { Success: true } match ? match : throw new FormatException($"line {line + 1} is not {form}: {(line < lines.Length ? lines[line] : "the end")}");

    [GeneratedRegex(@"^# HELP (?<name>[a-z][a-z0-9_]*) (?:[^\\]|\\\\|\\n)+\z")]
    private static partial Regex HelpLine();

    [GeneratedRegex(@"^# TYPE (?<name>[a-z][a-z0-9_]*) (?<type>counter|gauge)\z")]
    private static partial Regex TypeLine();

    [GeneratedRegex("""^(?<name>[a-z][a-z0-9_]*)(?:\{(?<labels>[a-z][a-z0-9_]*="(?:[^\\"]|\\\\|\\"|\\n)*"(?:,[a-z][a-z0-9_]*="(?:[^\\"]|\\\\|\\"|\\n)*")*)\})? (?<value>-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)\z""")]
    private static partial Regex SampleLine();
}
