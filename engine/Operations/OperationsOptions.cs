using System.Net;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Configuration;

namespace Penstock.Engine.Operations;

/// <summary>The two ways a log line is written.</summary>
public enum LogFormat
{
    Logfmt,
    Json,
}

/// <summary>Logs, health and shutdown as the user set them.</summary>
public sealed record OperationsOptions
{
    public required LogLevel LogLevel { get; init; }

    public required LogFormat LogFormat { get; init; }

    /// <summary>Where the health endpoint listens; null when there is none.</summary>
    public required IPEndPoint? HealthAddress { get; init; }

    /// <summary>Metrics, log and traces are exported by OTLP.</summary>
    public bool ExportsTelemetry { get; init; }

    /// <summary>From one line of figures to the next; 0 for none.</summary>
    public int LogSamplesIntervalMs { get; init; }

    /// <summary>Who knows it may ask for actions over HTTP; null for nobody.</summary>
    public string? HttpToken { get; init; }

    public required int ShutdownTimeoutMs { get; init; }

    /// <summary>See <see cref="MetricNames"/>: a hundred tables with eight operations are 800 series at most.</summary>
    public const int DefaultMetricNames = 100;

    /// <summary>Tables, or topics, that metrics tell apart; the others share one name.</summary>
    public int MetricNames { get; init; } = DefaultMetricNames;

    /// <summary>Takes the options out of the values and adds the warnings they ask for.</summary>
    public static OperationsOptions From(SettingValues values)
    {
        if (values.IsGiven(OperationsSettings.HttpToken) && !values.IsGiven(OperationsSettings.Http) && !values.IsGiven(OperationsSettings.Port))
        {
            values.Warn("PENSTOCK_HTTP_TOKEN is set, but there is no endpoint to use it at: set PENSTOCK_HTTP or PORT");
        }

        return new OperationsOptions
        {
            LogLevel = values.Get(OperationsSettings.Level),
            LogFormat = values.Get(OperationsSettings.Format),
            HealthAddress = values.Get(OperationsSettings.Http)
                ?? (values.IsGiven(OperationsSettings.Port) ? new IPEndPoint(IPAddress.IPv6Any, values.Get(OperationsSettings.Port)) : null),
            ExportsTelemetry = values.Get(OperationsSettings.OtlpEndpoint) is not null && !string.Equals(Environment.GetEnvironmentVariable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase),
            LogSamplesIntervalMs = SampleInterval(values.IsGiven(OperationsSettings.LogSamplesIntervalMs) ? values.Get(OperationsSettings.LogSamplesIntervalMs) : null, Environment.GetEnvironmentVariable("DYNO")),
            HttpToken = values.Get(OperationsSettings.HttpToken),
            ShutdownTimeoutMs = values.Get(OperationsSettings.ShutdownTimeoutMs),
            MetricNames = values.Get(OperationsSettings.MetricNames),
        };
    }

    /// <summary>What is given, else 20 s on Heroku, whose own processes write their figures as often, and none elsewhere.</summary>
    internal static int SampleInterval(int? givenMs, string? dyno) => givenMs ?? (string.IsNullOrEmpty(dyno) ? 0 : 20_000);
}
