using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Penstock.Engine.Commands;
using Penstock.Engine.Operations;
using Penstock.Engine.Watching;

namespace Penstock.Engine.Telemetry;

/// <summary>
/// Metrics, log and traces by OTLP, where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set. The packages read their own variables (<c>OTEL_EXPORTER_OTLP_HEADERS</c>, <c>OTEL_METRIC_EXPORT_INTERVAL</c>,
/// <c>OTEL_TRACES_SAMPLER</c>, <c>OTEL_RESOURCE_ATTRIBUTES</c> and others); nothing outside of this folder names their types, so that they are not even loaded where nothing is exported.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    private readonly MetricBridge? _bridge;
    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;
    private readonly ExportFailures _failures;

    private OtlpExport(HealthState health, ILogger logger, string title)
    {
        _failures = new ExportFailures(logger);
        if (IsWanted("OTEL_METRICS_EXPORTER"))
        {
            _bridge = new MetricBridge(health);
            _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(Resource(title)).AddMeter(MetricBridge.MeterName).AddOtlpExporter(OverHttp).Build();
        }

        if (IsWanted("OTEL_TRACES_EXPORTER"))
        {
            _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(Resource(title)).AddSource(Spans.SourceName).AddOtlpExporter(OverHttp).Build();
        }
    }

    /// <summary>Begins to export metrics and traces; what is left is sent when it is disposed of.</summary>
    public static IDisposable Start(HealthState health, ILogger logger, string title) => new OtlpExport(health, logger, title);

    /// <summary>A log that is exported too.</summary>
    public static ILoggerFactory Logs(OperationsOptions options, RecentProblems problems, string title) => new BoundedLoggerFactory(LogLineProvider.StandardOutput(options, problems, logging => AddLog(logging, title)));

    private static void AddLog(ILoggingBuilder logging, string title)
    {
        if (!IsWanted("OTEL_LOGS_EXPORTER"))
        {
            return;
        }

        logging.AddFilter<OpenTelemetryLoggerProvider>(LogSamples.Category, LogLevel.None);
        logging.AddOpenTelemetry(log =>
        {
            log.IncludeFormattedMessage = true;
            log.ParseStateValues = true;
            log.SetResourceBuilder(Resource(title));
            log.AddOtlpExporter(OverHttp);
        });
    }

    public void Dispose()
    {
        BoundedEnd.Dispose(_traces, _metrics);
        _bridge?.Dispose();
        _failures.Dispose();
    }

    // The specification's default; the package's own is gRPC.
    private static void OverHttp(OtlpExporterOptions options)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL")))
        {
            options.Protocol = OtlpExportProtocol.HttpProtobuf;
        }
    }

    private static bool IsWanted(string variable) => Environment.GetEnvironmentVariable(variable) is not { } given || !given.Trim().Equals("none", StringComparison.OrdinalIgnoreCase);

    private static ResourceBuilder Resource(string title) => ResourceBuilder.CreateEmpty()
        .AddService(
            Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") is { Length: > 0 } name ? name : AppDomain.CurrentDomain.FriendlyName,
            serviceVersion: ProductVersion.Text,
            serviceInstanceId: Environment.GetEnvironmentVariable("DYNO") is { Length: > 0 } dyno ? dyno : $"{Environment.MachineName}/{Environment.ProcessId}",
            autoGenerateServiceInstanceId: false)
        .AddAttributes([new("penstock.pipeline", title)])
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();
}
