using System.Diagnostics.Tracing;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Telemetry;

/// <summary>The packages tell failures to an event source that nobody hears: here they reach the log. One is over when none has come for three minutes.</summary>
internal sealed class ExportFailures : EventListener
{
    private const string SourceName = "OpenTelemetry-Exporter-OpenTelemetryProtocol";
    private const long OverMs = 180_000;

    private readonly RecurringFailure _failure;
    private readonly Timer _timer;
    private long _lastMs;

    public ExportFailures(ILogger logger)
    {
        _failure = new RecurringFailure(logger, "telemetry cannot be exported to OTEL_EXPORTER_OTLP_ENDPOINT");
        _timer = new Timer(_ => Look(), null, 10_000, 10_000);
    }

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == SourceName)
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // Called for sources that were there before the constructor was through.
        if (_failure is null)
        {
            return;
        }

        Volatile.Write(ref _lastMs, Environment.TickCount64);
        string payload = string.Join(' ', eventData.Payload ?? []);
        int end = payload.IndexOfAny(['\r', '\n']);
        string line = end < 0 ? payload : payload[..end];
        // Not from within the exporter: the log is exported, too.
        ThreadPool.QueueUserWorkItem(_ => _failure.Failed(line.Length > 300 ? line[..300] : line));
    }

    private void Look()
    {
        if (_failure.IsFailing && Environment.TickCount64 - Volatile.Read(ref _lastMs) > OverMs)
        {
            _failure.Recovered();
        }
    }
}
