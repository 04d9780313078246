namespace Penstock.Engine.Operations;

/// <summary>
/// Takes metrics family by family, whatever becomes of them: Prometheus' text (<see cref="MetricText"/>) or OpenTelemetry's instruments. Units are in the names, counters end in <c>_total</c>.
/// </summary>
public abstract class MetricWriter
{
    private readonly HashSet<string> _families = new(StringComparer.Ordinal);

    /// <summary>A family of one sample, of something that only grows while the process lives.</summary>
    public void Counter(string name, string help, double value)
    {
        Begin(name, isCounter: true, help);
        Sample(name, [], value);
    }

    /// <summary>A family of one sample, of something that goes up and down; left out where it is not known.</summary>
    public void Gauge(string name, string help, double? value)
    {
        if (value is { } known)
        {
            Begin(name, isCounter: false, help);
            Sample(name, [], known);
        }
    }

    /// <summary>A family of counters that one label tells apart; left out where there is none.</summary>
    public void Counters(string name, string help, string label, IEnumerable<(string LabelValue, double Value)> samples) => Family(name, isCounter: true, help, label, samples);

    /// <summary>A family of gauges that one label tells apart; left out where there is none.</summary>
    public void Gauges(string name, string help, string label, IEnumerable<(string LabelValue, double Value)> samples) => Family(name, isCounter: false, help, label, samples);

    /// <summary>A family of counters that two labels tell apart; left out where there is none.</summary>
    public void Counters(string name, string help, string label, string otherLabel, IEnumerable<(string LabelValue, string OtherValue, double Value)> samples)
    {
        bool begun = false;
        foreach (var (labelValue, otherValue, value) in samples)
        {
            if (!begun)
            {
                Begin(name, isCounter: true, help);
                begun = true;
            }

            Sample(name, [(label, labelValue), (otherLabel, otherValue)], value);
        }
    }

    /// <summary>What is one of a few words: 1 for the present one, 0 for the others.</summary>
    public void States(string name, string help, string label, IEnumerable<string> words, string present) =>
        Family(name, isCounter: false, help, label, words.Select(word => (word, word == present ? 1.0 : 0)));

    /// <summary>Always 1; what it says is in its labels.</summary>
    public void Info(string name, string help, params ReadOnlySpan<(string Label, string Value)> labels)
    {
        Begin(name, isCounter: false, help);
        Sample(name, labels, 1);
    }

    /// <summary>A family begins; its samples follow.</summary>
    protected abstract void BeginFamily(string name, bool isCounter, string help);

    /// <summary>A sample of the family at hand.</summary>
    protected abstract void Sample(string name, ReadOnlySpan<(string Label, string Value)> labels, double value);

    private void Family(string name, bool isCounter, string help, string label, IEnumerable<(string LabelValue, double Value)> samples)
    {
        bool begun = false;
        foreach (var (labelValue, value) in samples)
        {
            if (!begun)
            {
                Begin(name, isCounter, help);
                begun = true;
            }

            Sample(name, [(label, labelValue)], value);
        }
    }

    private void Begin(string name, bool isCounter, string help)
    {
        if (!_families.Add(name))
        {
            throw new InvalidOperationException($"metric family {name} is written twice");
        }

        BeginFamily(name, isCounter, help);
    }
}
