namespace Penstock.Engine.Operations;

/// <summary>Who has metrics to tell at this moment: parts of a run come and go. Nothing is computed until somebody asks. Thread-safe.</summary>
public sealed class MetricSources
{
    private readonly Lock _gate = new();
    private readonly List<Action<MetricWriter>> _sources = [];

    /// <summary>Asks this source too, until the result is disposed of; an end waits for an answer that is being given.</summary>
    public IDisposable Add(Action<MetricWriter> source)
    {
        lock (_gate)
        {
            _sources.Add(source);
        }

        return new Removal(this, source);
    }

    /// <summary>Lets each write what it knows.</summary>
    public void Write(MetricWriter writer)
    {
        // Under the lock: what a source looks at is closed right after its removal.
        lock (_gate)
        {
            _sources.ForEach(source => source(writer));
        }
    }

    private sealed class Removal(MetricSources sources, Action<MetricWriter> source) : IDisposable
    {
        public void Dispose()
        {
            lock (sources._gate)
            {
                sources._sources.Remove(source);
            }
        }
    }
}
