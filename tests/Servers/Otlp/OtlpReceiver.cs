using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace Penstock.Servers.Otlp;

/// <param name="Name">Of the instrument.</param>
/// <param name="Unit">UCUM, "" for none.</param>
/// <param name="IsMonotonicSum">A cumulative counter; else a gauge.</param>
/// <param name="Points">Value by attributes, <c>a=b,c=d</c>.</param>
public sealed record OtlpMetric(string Name, string Unit, bool IsMonotonicSum, IReadOnlyDictionary<string, double> Points);

/// <param name="Severity">INFO and so on.</param>
/// <param name="Body">The message.</param>
/// <param name="Attributes">Its values.</param>
public sealed record OtlpLog(string Severity, string Body, IReadOnlyDictionary<string, string> Attributes);

/// <param name="Name">Of the span.</param>
/// <param name="Duration">From its begin to its end.</param>
/// <param name="Attributes">Its tags.</param>
public sealed record OtlpSpan(string Name, TimeSpan Duration, IReadOnlyDictionary<string, string> Attributes);

/// <summary>
/// A receiver of OTLP over HTTP with Protocol Buffers on loopback, by the field numbers of opentelemetry-proto 1.x (collector, common, resource, metrics, logs, trace). What it cannot read, it refuses and
/// keeps as a problem.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    public OtlpReceiver(int? port = null)
    {
        int at = port ?? FreePort.Find();
        Url = $"http://127.0.0.1:{at}";
        _listener.Prefixes.Add($"{Url}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>For <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</summary>
    public string Url { get; }

    /// <summary>As last received, by name.</summary>
    public ConcurrentDictionary<string, OtlpMetric> Metrics { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<OtlpLog> Logs { get; } = new();

    public ConcurrentQueue<OtlpSpan> Spans { get; } = new();

    /// <summary>Attributes of the resources that sent something.</summary>
    public ConcurrentDictionary<string, string> Resource { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<string> Problems { get; } = new();

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving.ConfigureAwait(false);
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync().ConfigureAwait(false);
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body).ConfigureAwait(false);
            try
            {
                Take(context.Request, new ProtoMessage(body.ToArray()));
                context.Response.ContentType = "application/x-protobuf";
            }
            catch (Exception malformed) when (malformed is FormatException or InvalidOperationException or OverflowException or ArgumentException)
            {
                Problems.Enqueue($"{context.Request.Url}: {malformed.Message}");
                context.Response.StatusCode = 400;
            }

            context.Response.Close();
        }
    }

    private void Take(HttpListenerRequest request, ProtoMessage message)
    {
        if (request.HttpMethod != "POST" || request.ContentType != "application/x-protobuf")
        {
            throw new FormatException($"{request.HttpMethod} {request.ContentType}");
        }

        foreach (var resource in message.Messages(1))
        {
            foreach (var (key, value) in Attributes(resource.Message(1), 1))
            {
                Resource[key] = value;
            }

            foreach (var item in resource.Messages(2).SelectMany(scope => scope.Messages(2)))
            {
                switch (request.Url!.AbsolutePath)
                {
                    case "/v1/metrics":
                        TakeMetric(item);
                        break;
                    case "/v1/logs":
                        Logs.Enqueue(new OtlpLog(item.Text(3), AnyValue(item.Message(5)), Attributes(item, 6)));
                        break;
                    case "/v1/traces":
                        Spans.Enqueue(new OtlpSpan(item.Text(5), TimeSpan.FromTicks((long)(item.Fixed64(8) - item.Fixed64(7)) / 100), Attributes(item, 9)));
                        break;
                    default:
                        throw new FormatException("an unknown path");
                }
            }
        }
    }

    private void TakeMetric(ProtoMessage metric)
    {
        bool isSum = metric.Has(7);
        var data = metric.Message(isSum ? 7 : 5);
        if (isSum && data.Varint(2) != 2)
        {
            throw new FormatException("a sum that is not cumulative");
        }

        var points = data.Messages(1).ToDictionary(
            point => string.Join(',', Attributes(point, 7).OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}")),
            point => point.Has(4) ? point.Double(4) : (long)point.Fixed64(6));
        Metrics[metric.Text(1)] = new OtlpMetric(metric.Text(1), metric.Text(3), isSum && data.Varint(3) == 1, points);
    }

    private static Dictionary<string, string> Attributes(ProtoMessage message, int field) => message.Messages(field).ToDictionary(pair => pair.Text(1), pair => AnyValue(pair.Message(2)));

    private static string AnyValue(ProtoMessage value) =>
        value.Has(1) ? value.Text(1)
        : value.Has(2) ? (value.Varint(2) == 1 ? "true" : "false")
        : value.Has(3) ? ((long)value.Varint(3)).ToString(CultureInfo.InvariantCulture)
        : value.Has(4) ? value.Double(4).ToString(CultureInfo.InvariantCulture)
        : "";
}
