using System.Diagnostics.Metrics;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Telemetry;

/// <summary>
/// The families of <c>/metrics</c> as instruments of one meter, without the <c>_total</c> of counters, which OpenTelemetry's way to Prometheus puts there. Families come and go with runs, so all are looked at every
/// few seconds: a figure is that old at most when it is exported.
/// </summary>
internal sealed class MetricBridge : IDisposable
{
    public const string MeterName = "Penstock";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly HealthState _health;
    private readonly Meter _meter = new(MeterName);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Timer _timer;
    private readonly Lock _gate = new();
    private volatile Dictionary<string, List<Measurement<double>>> _samples = [];

    public MetricBridge(HealthState health)
    {
        _health = health;
        Look();
        _timer = new Timer(static bridge => ((MetricBridge)bridge!).Look(), this, Interval, Interval);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _meter.Dispose();
    }

    private void Look()
    {
        lock (_gate)
        {
            var families = new Families();
            HealthMetrics.Write(_health, families);
            _samples = families.Samples;
            foreach (var (name, isCounter, help) in families.All.Where(family => _known.Add(family.Name)))
            {
                string shown = isCounter && name.EndsWith("_total", StringComparison.Ordinal) ? name[..^"_total".Length] : name;
                string? unit = shown.EndsWith("_bytes", StringComparison.Ordinal) ? "By" : shown.EndsWith("_seconds", StringComparison.Ordinal) ? "s" : null;
                _ = isCounter
                    ? (Instrument)_meter.CreateObservableCounter(shown, () => Read(name), unit, help)
                    : _meter.CreateObservableGauge(shown, () => Read(name), unit, help);
            }
        }
    }

    private List<Measurement<double>> Read(string name) => _samples.TryGetValue(name, out var samples) ? samples : [];

    private sealed class Families : MetricWriter
    {
        public Dictionary<string, List<Measurement<double>>> Samples { get; } = new(StringComparer.Ordinal);

        public List<(string Name, bool IsCounter, string Help)> All { get; } = [];

        protected override void BeginFamily(string name, bool isCounter, string help)
        {
            All.Add((name, isCounter, help));
            Samples.Add(name, []);
        }

        protected override void Sample(string name, ReadOnlySpan<(string Label, string Value)> labels, double value)
        {
            var tags = new KeyValuePair<string, object?>[labels.Length];
            for (int i = 0; i < tags.Length; i++)
            {
                tags[i] = new(labels[i].Label, labels[i].Value);
            }

            Samples[name].Add(new Measurement<double>(value, tags));
        }
    }
}
