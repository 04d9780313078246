using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Watching;

namespace Penstock.Engine.Operations;

/// <summary>
/// An HTTP endpoint: <c>/livez</c> (the process is not failed; looks at no server), <c>/readyz</c> (200 while it takes a snapshot, streams, stands by or is paused: a platform that replaces
/// processes one by one waits for the new one to be ready before it ends the old one), <c>/healthz</c> (JSON; 503 when
/// failed or backing off), <c>/metrics</c> (<see cref="MetricText"/>), <c>/</c> (the status page, which follows <c>/status/stream</c>), and with a token <c>/actions/...</c>. One request for each connection, 8 KB, 5 seconds, 16 at a time, 8 of them
/// viewers of the page: enough for a platform's probes and the people who watch.
/// </summary>
public sealed class HealthEndpoint : IAsyncDisposable
{
    private const int MostConnections = 16;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    private readonly TcpListener _listener;
    private readonly HealthState _health;
    private readonly ILogger _logger;
    private readonly StatusFeed _feed;
    private readonly ActionGate? _actions;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _places = new(MostConnections);
    private readonly Task _accepting;

    private HealthEndpoint(TcpListener listener, HealthState health, ILogger logger, string title, EndpointActions? actions)
    {
        _listener = listener;
        _health = health;
        _logger = logger;
        _feed = new StatusFeed(health, title, actions?.Names ?? []);
        _actions = actions is null ? null : new ActionGate(actions, logger);
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens; tells the port when 0 was asked for.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Starts to listen.</summary>
    /// <param name="address">Where.</param>
    /// <param name="health">What is told.</param>
    /// <param name="logger">For actions, and connections that break.</param>
    /// <param name="title">The pipeline's name, for the page.</param>
    /// <param name="actions">What may be asked for with a token; null for nothing.</param>
    /// <exception cref="SocketException">The address is in use or not this machine's.</exception>
    public static HealthEndpoint Start(IPEndPoint address, HealthState health, ILogger logger, string title = "", EndpointActions? actions = null)
    {
        // [::] serves both families where the machine has IPv6; where it has not, 0.0.0.0 is the same wish.
        var isAny = address.Address.Equals(IPAddress.IPv6Any);
        var listener = new TcpListener(isAny && !Socket.OSSupportsIPv6 ? new IPEndPoint(IPAddress.Any, address.Port) : address);
        if (isAny && Socket.OSSupportsIPv6)
        {
            listener.Server.DualMode = true;
        }

        listener.Start(MostConnections);
        return new HealthEndpoint(listener, health, logger, title, actions);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        await _accepting.ConfigureAwait(false);
        _feed.Dispose();
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
                _ = ServeAsync(client, _stop.Token);
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

    private async Task ServeAsync(TcpClient client, CancellationToken stop)
    {
        try
        {
            using (client)
            {
                await ServeAsync(client.GetStream(), stop).ConfigureAwait(false);
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

    private async Task ServeAsync(NetworkStream stream, CancellationToken stop)
    {
        HttpRequest? request;
        using (var timeout = new CancellationTokenSource(RequestTimeout))
        {
            request = await HttpRequest.ReadAsync(stream, timeout.Token).ConfigureAwait(false);
        }

        if (request is { Method: "GET", Path: StatusFeed.Path } && _feed.TryTakePlace())
        {
            await _feed.SendAsync(stream, stop).ConfigureAwait(false);
            return;
        }

        var answer = request is null ? HttpAnswer.Text("400 Bad Request", "bad request\n")
            : request.Method == "POST" && _actions is not null && request.Path.StartsWith(ActionGate.Prefix, StringComparison.Ordinal) ? await _actions.AnswerAsync(request, stop).ConfigureAwait(false)
            : Answer(request);
        using var writing = new CancellationTokenSource(RequestTimeout);
        await answer.WriteAsync(stream, isHead: request?.Method == "HEAD", writing.Token).ConfigureAwait(false);
    }

    private HttpAnswer Answer(HttpRequest request)
    {
        if (request.Method is not ("GET" or "HEAD"))
        {
            return HttpAnswer.Text("405 Method Not Allowed", "only GET\n");
        }

        var report = _health.Report();
        return request.Path switch
        {
            "/" => StatusPage.Answer,
            StatusFeed.Path => HttpAnswer.Text("503 Service Unavailable", $"{StatusFeed.MostViewers} viewers are served already\n", "Retry-After: 10\r\n"),
            "/livez" => Probe(report.State, report.State != PipelineState.Failed),
            "/readyz" => Probe(report.State, report.State is PipelineState.Snapshot or PipelineState.Streaming or PipelineState.Standby or PipelineState.Paused),
            "/healthz" => new HttpAnswer(Status(report.State is not (PipelineState.Failed or PipelineState.BackingOff)), "application/json", Encoding.UTF8.GetBytes(HealthJson.Text(report))),
            "/metrics" => new HttpAnswer("200 OK", MetricText.ContentType, Encoding.UTF8.GetBytes(HealthMetrics.Text(_health))),
            _ => HttpAnswer.Text("404 Not Found", "there is /, /livez, /readyz, /healthz and /metrics\n"),
        };
    }

    private static HttpAnswer Probe(PipelineState state, bool isGood) => HttpAnswer.Text(Status(isGood), NameOf(state) + "\n");

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
}
