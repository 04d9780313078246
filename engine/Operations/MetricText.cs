using System.Globalization;
using System.Text;

namespace Penstock.Engine.Operations;

/// <summary>
/// Writes metrics as Prometheus reads them (text format 0.0.4): for each family one HELP, one TYPE, then its samples. Units are in the names, counters end in <c>_total</c>.
/// </summary>
public sealed class MetricText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private readonly HashSet<string> _families = new(StringComparer.Ordinal);

    /// <summary>A family of one sample, of something that only grows while the process lives.</summary>
    public void Counter(string name, string help, double value)
    {
        Begin(name, "counter", help);
        Sample(name, [], value);
    }

    /// <summary>A family of one sample, of something that goes up and down; left out where it is not known.</summary>
    public void Gauge(string name, string help, double? value)
    {
        if (value is { } known)
        {
            Begin(name, "gauge", help);
            Sample(name, [], known);
        }
    }

    /// <summary>A family of counters that one label tells apart; left out where there is none.</summary>
    public void Counters(string name, string help, string label, IEnumerable<(string LabelValue, double Value)> samples)
    {
        var known = samples.ToList();
        if (known.Count > 0)
        {
            Family(name, "counter", help, label, known);
        }
    }

    /// <summary>A family of gauges that one label tells apart; left out where there is none.</summary>
    public void Gauges(string name, string help, string label, IEnumerable<(string LabelValue, double Value)> samples)
    {
        var known = samples.ToList();
        if (known.Count > 0)
        {
            Family(name, "gauge", help, label, known);
        }
    }

    /// <summary>A family of counters that two labels tell apart; left out where there is none.</summary>
    public void Counters(string name, string help, string label, string otherLabel, IEnumerable<(string LabelValue, string OtherValue, double Value)> samples)
    {
        bool begun = false;
        foreach (var (labelValue, otherValue, value) in samples)
        {
            if (!begun)
            {
                Begin(name, "counter", help);
                begun = true;
            }

            Sample(name, [(label, labelValue), (otherLabel, otherValue)], value);
        }
    }

    /// <summary>What is one of a few words: 1 for the present one, 0 for the others.</summary>
    public void States(string name, string help, string label, IEnumerable<string> words, string present) =>
        Family(name, "gauge", help, label, words.Select(word => (word, word == present ? 1.0 : 0)));

    /// <summary>Always 1; what it says is in its labels.</summary>
    public void Info(string name, string help, params ReadOnlySpan<(string Label, string Value)> labels)
    {
        Begin(name, "gauge", help);
        Sample(name, labels, 1);
    }

    public override string ToString() => _text.ToString();

    private void Family(string name, string type, string help, string label, IEnumerable<(string LabelValue, double Value)> samples)
    {
        Begin(name, type, help);
        foreach (var (labelValue, value) in samples)
        {
            Sample(name, [(label, labelValue)], value);
        }
    }

    private void Begin(string name, string type, string help)
    {
        if (!_families.Add(name))
        {
            throw new InvalidOperationException($"metric family {name} is written twice");
        }

        _text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private void Sample(string name, ReadOnlySpan<(string Label, string Value)> labels, double value)
    {
        _text.Append(name);
        for (int i = 0; i < labels.Length; i++)
        {
            string escaped = labels[i].Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Label).Append("=\"").Append(escaped).Append('"');
        }

        _text.Append(labels.Length > 0 ? "} " : " ").Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }
}
