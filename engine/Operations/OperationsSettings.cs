using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Configuration;

namespace Penstock.Engine.Operations;

/// <summary>The settings of logs, health and shutdown, the same for every pipeline.</summary>
public static class OperationsSettings
{
    private const string Group = "Operations";

    public static readonly Setting<LogLevel> Level = new(
        "log.level",
        Group,
        SettingTypes.Choice<LogLevel>(
            [
                ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("info", LogLevel.Information), ("warn", LogLevel.Warning), ("error", LogLevel.Error), ("fatal", LogLevel.Critical),
                ("none", LogLevel.None),
            ],
            aliases: [("information", LogLevel.Information), ("warning", LogLevel.Warning), ("critical", LogLevel.Critical)]),
        "The least severe events that are logged")
    {
        EnvironmentName = "LOG_LEVEL",
        Default = LogLevel.Information,
    };

    public static readonly Setting<LogFormat> Format = new(
        "log.format",
        Group,
        SettingTypes.Choice<LogFormat>([("logfmt", LogFormat.Logfmt), ("json", LogFormat.Json)]),
        "How a log line is written; logfmt carries a ts= only where the platform adds no time of its own (not on Heroku, systemd and Kubernetes), json always")
    {
        EnvironmentName = "LOG_FORMAT",
        Default = LogFormat.Logfmt,
    };

    public static readonly Setting<int> Port = new(
        "port",
        Group,
        SettingTypes.Integer(1, 65535),
        "Port of the health endpoint on all interfaces, as a platform sets it for a web process")
    {
        EnvironmentName = "PORT",
        ComputedDefaultText = "no endpoint",
    };

    public static readonly Setting<IPEndPoint?> Http = new(
        "http",
        Group,
        new SettingType<IPEndPoint?>("a port (then on loopback), an address with a port, or *:port for all interfaces", ParseHttp, static address => address?.ToString() ?? ""),
        "Address of the health endpoint (the status page /, /livez, /readyz, /healthz, /metrics); goes before PORT")
    {
        ComputedDefaultText = "what PORT says",
    };

    public static readonly Setting<string?> HttpToken = new(
        "http.token",
        Group,
        new SettingType<string?>("16 to 200 characters without white space", ParseToken, static value => value ?? ""),
        "A secret of 16 characters or more: who knows it may pause, resume and restart the pipeline on the status page (POST /actions/...); without one there is nothing of the kind")
    {
        IsSecret = true,
    };

    public static readonly Setting<int> ShutdownTimeoutMs = new(
        "shutdown.timeout.ms",
        Group,
        SettingTypes.Integer(100, 600_000),
        "How long a stop may take to deliver and confirm what was read; a platform kills after 30 seconds")
    {
        Default = 10_000,
    };

    public static readonly Setting<int> LogSamplesIntervalMs = new(
        "log.samples.interval.ms",
        Group,
        SettingTypes.Integer(0, 3_600_000),
        "How often the log has a line of figures as Heroku writes them (source=worker.1 sample#lag-seconds=0 ...), at level info; 0 for never")
    {
        ComputedDefaultText = "20000 where DYNO is set, otherwise 0",
    };

    public static readonly Setting<int> MetricNames = new(
        "metrics.names",
        Group,
        SettingTypes.Integer(1, 10_000),
        "How many tables (kafka-to-postgres: topics) metrics and the status page tell apart, the first ones in the order of the configuration; the others are counted together")
    {
        Default = OperationsOptions.DefaultMetricNames,
    };

    public static readonly Setting<string?> OtlpEndpoint = new(
        "otel.exporter.otlp.endpoint",
        Group,
        new SettingType<string?>("an address with http or https", ParseEndpoint, static value => value ?? ""),
        "Where metrics, log and traces are exported by OTLP (docs/operations.md); OpenTelemetry's other variables, OTEL_EXPORTER_OTLP_HEADERS and so on, hold beside it")
    {
        EnvironmentName = "OTEL_EXPORTER_OTLP_ENDPOINT",
    };

    /// <summary>All of them, in the order of help.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Level, Format, LogSamplesIntervalMs, Port, Http, HttpToken, ShutdownTimeoutMs, MetricNames, OtlpEndpoint];

    private static string? ParseEndpoint(string text, out string? value)
    {
        value = text.Trim();
        return Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? null : "must be an address with http or https, such as http://127.0.0.1:4318";
    }

    private static string? ParseToken(string text, out string? value)
    {
        value = text.Trim();
        return value.Length is >= 16 and <= 200 && !value.Any(char.IsWhiteSpace) ? null : "must be 16 to 200 characters without white space";
    }

    private static string? ParseHttp(string text, out IPEndPoint? value)
    {
        const string Problem = "must be a port (then on loopback), an address with a port, or *:port for all interfaces";
        value = null;
        var given = text.Trim();
        var colon = given.LastIndexOf(':');
        if (!int.TryParse(given.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
        {
            return Problem;
        }

        var host = colon < 0 ? "localhost" : given[..colon];
        var address = host switch
        {
            "localhost" => IPAddress.Loopback,
            "*" => IPAddress.IPv6Any,
            _ => IPAddress.TryParse(host, out var parsed) && (parsed.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork || host.StartsWith('[')) ? parsed : null,
        };
        if (address is null)
        {
            return Problem;
        }

        value = new IPEndPoint(address, port);
        return null;
    }
}
