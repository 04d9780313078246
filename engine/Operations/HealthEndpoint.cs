using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Penstock.Engine.Operations;

/// <summary>
/// A read-only HTTP endpoint: <c>/livez</c> (the process is not failed; looks at no server), <c>/readyz</c> (200 while it takes a snapshot, streams, stands by or is paused: a platform that replaces
/// processes one by one waits for the new one to be ready before it ends the old one), <c>/healthz</c> (JSON; 503 when
/// failed or backing off), <c>/metrics</c> (<see cref="MetricText"/>). One request for each connection, 8 KB, 5 seconds, 16 at a time: enough for a platform's probes and nothing more.
/// </summary>
public sealed class HealthEndpoint : IAsyncDisposable
{
    private const int MostRequestBytes = 8192;
    private const int MostConnections = 16;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    private readonly TcpListener _listener;
    private readonly HealthState _health;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _places = new(MostConnections);
    private readonly Task _accepting;

    private HealthEndpoint(TcpListener listener, HealthState health, ILogger logger)
    {
        _listener = listener;
        _health = health;
        _logger = logger;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens; tells the port when 0 was asked for.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Starts to listen.</summary>
    /// <exception cref="SocketException">The address is in use or not this machine's.</exception>
    public static HealthEndpoint Start(IPEndPoint address, HealthState health, ILogger logger)
    {
        // [::] serves both families where the machine has IPv6; where it has not, 0.0.0.0 is the same wish.
        var isAny = address.Address.Equals(IPAddress.IPv6Any);
        var listener = new TcpListener(isAny && !Socket.OSSupportsIPv6 ? new IPEndPoint(IPAddress.Any, address.Port) : address);
        if (isAny && Socket.OSSupportsIPv6)
        {
            listener.Server.DualMode = true;
        }

        listener.Start(MostConnections);
        return new HealthEndpoint(listener, health, logger);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        await _accepting.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _places.WaitAsync(_stop.Token).ConfigureAwait(false);
                var client = await _listener.AcceptTcpClientAsync(_stop.Token).ConfigureAwait(false);
                _ = AnswerAsync(client);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (_stop.IsCancellationRequested)
                {
                    return;
                }

                _places.Release();
                _logger.LogDebug(e, "a health connection was not accepted");
                await Task.Delay(100, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var timeout = new CancellationTokenSource(RequestTimeout);
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                var requestLine = await ReadRequestLineAsync(stream, timeout.Token).ConfigureAwait(false);
                var (status, type, body) = Answer(requestLine);
                var head = string.Create(
                    CultureInfo.InvariantCulture,
                    $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
                var isHead = requestLine?.StartsWith("HEAD ", StringComparison.Ordinal) == true;
                await stream.WriteAsync(Encoding.UTF8.GetBytes(isHead ? head : head + body), timeout.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _logger.LogDebug(e, "a health request was cut off");
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Reads to the end of the request's head and gives its first line; null when there is no end within the bound.</summary>
    private static async Task<string?> ReadRequestLineAsync(NetworkStream stream, CancellationToken cancellation)
    {
        var buffer = new byte[MostRequestBytes];
        var filled = 0;
        while (filled < buffer.Length)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(filled), cancellation).ConfigureAwait(false);
            filled += read;
            if (read == 0 || buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8) >= 0)
            {
                var end = buffer.AsSpan(0, filled).IndexOf("\r\n"u8);
                return end < 0 ? null : Encoding.ASCII.GetString(buffer, 0, end);
            }
        }

        return null;
    }

    private (string Status, string Type, string Body) Answer(string? requestLine)
    {
        const string Text = "text/plain; charset=utf-8";
        if (requestLine?.Split(' ') is not [var method, var target, _])
        {
            return ("400 Bad Request", Text, "bad request\n");
        }

        if (method is not ("GET" or "HEAD"))
        {
            return ("405 Method Not Allowed", Text, "only GET\n");
        }

        var report = _health.Report();
        return target.Split('?')[0] switch
        {
            "/livez" => (Status(report.State != PipelineState.Failed), Text, NameOf(report.State) + "\n"),
            "/readyz" => (Status(report.State is PipelineState.Snapshot or PipelineState.Streaming or PipelineState.Standby or PipelineState.Paused), Text, NameOf(report.State) + "\n"),
            "/healthz" => (Status(report.State is not (PipelineState.Failed or PipelineState.BackingOff)), "application/json", Json(report)),
            "/metrics" => ("200 OK", MetricText.ContentType, HealthMetrics.Text(_health)),
            _ => ("404 Not Found", Text, "there is /livez, /readyz, /healthz and /metrics\n"),
        };
    }

    private static string Status(bool isGood) => isGood ? "200 OK" : "503 Service Unavailable";

    internal static string NameOf(PipelineState state) => state switch
    {
        PipelineState.Starting => "starting",
        PipelineState.Snapshot => "snapshot",
        PipelineState.Streaming => "streaming",
        PipelineState.BackingOff => "backing-off",
        PipelineState.Standby => "standby",
        PipelineState.Paused => "paused",
        PipelineState.Stopping => "stopping",
        _ => "failed",
    };

    private static string Json(HealthReport report)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("state", NameOf(report.State));
            json.WriteString("since", report.Since.UtcDateTime);
            json.WriteString("last_error", report.LastError);
            json.WriteString("received_position", report.ReceivedPosition);
            json.WriteString("confirmed_position", report.ConfirmedPosition);
            json.WriteNumber("events", report.Events);
            json.WriteNumber("gaps", report.Gaps);
            json.WriteString("last_gap", report.LastGap);
            if (report.Pause is { } pause)
            {
                json.WriteStartObject("pause");
                json.WriteString("by", pause.By);
                json.WriteString("since", pause.Since.UtcDateTime);
                json.WriteNumber("retained_bytes", pause.RetainedBytes);
                json.WriteString("slot", pause.Slot);
                json.WriteEndObject();
            }

            if (report.Retained is { } retained)
            {
                json.WriteStartObject("retained_log");
                json.WriteNumber("bytes", retained.RetainedBytes);
                json.WriteNumber("unconfirmed_bytes", retained.UnconfirmedBytes);
                json.WriteNumberOrNull("limit_bytes", retained.LimitBytes);
                json.WriteNumberOrNull("seconds_to_full", retained.SecondsToFull);
                json.WriteString("alarm", RetainedLog.NameOf(retained.Alarm));
                json.WriteString("reason", retained.Reason);
                json.WriteEndObject();
            }

            json.WriteStartArray("losses");
            foreach (var loss in report.Losses)
            {
                json.WriteStartObject();
                json.WriteString("table", loss.Table);
                json.WriteString("column", loss.Column);
                json.WriteString("type", loss.Type);
                json.WriteNumber("values", loss.Values);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(body.ToArray()) + "\n";
    }
}
