using System.Collections;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Watching;

/// <summary>
/// Figures as a line of the log: <c>source=worker.1 sample#lag-seconds=0.4 ...</c>, as Heroku's own processes and databases write them, for log drains that make plots of them (Librato, Coralogix and others; R13).
/// Totals are there beside paces, because a router of logs may lose lines.
/// </summary>
public sealed class LogSample : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly List<KeyValuePair<string, object?>> _pairs = [];

    /// <param name="source">Who says it.</param>
    /// <param name="pipeline">The pipeline's name.</param>
    public LogSample(string source, string pipeline)
    {
        _pairs.Add(new("source", source));
        _pairs.Add(new("pipeline", pipeline));
    }

    public int Count => _pairs.Count;

    public KeyValuePair<string, object?> this[int index] => _pairs[index];

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _pairs.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Adds a word.</summary>
    public void Add(string name, string value) => _pairs.Add(new(name, value));

    /// <summary>Adds a figure; what is not known is left out.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="value">How much.</param>
    /// <param name="unit">Behind the number, as <c>MB</c>; "" for none.</param>
    public void Sample(string name, double? value, string unit = "")
    {
        if (value is { } known)
        {
            _pairs.Add(new($"sample#{name}", Math.Round(known, 3).ToString("0.###", CultureInfo.InvariantCulture) + unit));
        }
    }
}

/// <summary>Writes a sample each so often.</summary>
public sealed class LogSamples : IDisposable
{
    /// <summary>The category of their logger: what exports a log elsewhere leaves them out.</summary>
    public const string Category = "samples";

    private readonly HealthState _health;
    private readonly ILogger _logger;
    private readonly string _source;
    private readonly string _pipeline;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private long _events;
    private DateTimeOffset _at;

    /// <param name="health">What is told.</param>
    /// <param name="logger">Gets the lines, at level information.</param>
    /// <param name="source">Heroku's name of the process (<c>DYNO</c>), or what stands for it.</param>
    /// <param name="pipeline">The pipeline's name.</param>
    /// <param name="intervalMs">From line to line.</param>
    /// <param name="clock">Null for the system's.</param>
    public LogSamples(HealthState health, ILogger logger, string source, string pipeline, int intervalMs, TimeProvider? clock = null)
    {
        _health = health;
        _logger = logger;
        _source = source;
        _pipeline = pipeline;
        _clock = clock ?? TimeProvider.System;
        _at = _clock.GetUtcNow();
        _timer = _clock.CreateTimer(static samples => ((LogSamples)samples!).Say(), this, TimeSpan.FromMilliseconds(intervalMs), TimeSpan.FromMilliseconds(intervalMs));
    }

    public void Dispose() => _timer.Dispose();

    private void Say() => _logger.Log(LogLevel.Information, default, Next(), null, static (_, _) => "sample");

    /// <summary>The figures of now.</summary>
    internal LogSample Next()
    {
        var report = _health.Report();
        var now = _clock.GetUtcNow();
        double seconds = (now - _at).TotalSeconds;
        var sample = new LogSample(_source, _pipeline);
        sample.Add("state", HealthEndpoint.NameOf(report.State));
        sample.Sample("up", report.State is PipelineState.Snapshot or PipelineState.Streaming or PipelineState.Standby or PipelineState.Paused ? 1 : 0);
        sample.Sample("events-total", report.Events);
        sample.Sample("events-per-second", seconds > 0 ? (report.Events - _events) / seconds : null);
        lock (_health.ViewGate)
        {
            sample.Sample("lag-seconds", _health.View?.LagSeconds);
            sample.Sample($"lag-{_health.View?.LagUnit}", _health.View?.LagAmount);
        }

        sample.Sample("delivery-seconds", _health.Delivery.LastSeconds);
        if (report.Retained is { } retained)
        {
            sample.Sample("wal-retained-bytes", retained.RetainedBytes);
            // Of the limit, as a part of 1: the same figure that Heroku Postgres tells of the whole disk.
            sample.Sample("wal-percentage-used", retained.LimitBytes is > 0 and var limit ? retained.RetainedBytes / (double)limit : null);
        }

        sample.Sample("interruptions-total", report.Interruptions);
        sample.Sample("gaps-total", report.Gaps);
        sample.Sample("warnings-total", _health.Problems.Warnings);
        sample.Sample("errors-total", _health.Problems.Errors + _health.Problems.Fatal);
        sample.Sample("memory", Environment.WorkingSet / 1048576.0, "MB");
        (_events, _at) = (report.Events, now);
        return sample;
    }
}
