using System.Text;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Watching;

/// <summary>
/// Server-sent events for the status page: <c>history</c> with all points at the begin, then <c>status</c> each second and <c>points</c> with each new one. A viewer that reads too slowly is cut off and comes
/// back by itself.
/// </summary>
internal sealed class StatusFeed : IDisposable
{
    public const string Path = "/status/stream";

    /// <summary>Half of the endpoint's connections: the others stay for probes.</summary>
    public const int MostViewers = 8;

    private const int IntervalMs = 1000;

    /// <summary>For one write: the kernel takes it at once unless the viewer has stopped to read.</summary>
    private const int WriteTimeoutMs = 5000;

    private readonly HealthState _health;
    private readonly string _title;
    private readonly IReadOnlyList<string> _actions;
    private readonly WatchSampler _sampler;
    private readonly SemaphoreSlim _places = new(MostViewers);
    private readonly Lock _gate = new();
    private byte[] _status = [];
    private long _statusAtMs = -IntervalMs;

    public StatusFeed(HealthState health, string title, IReadOnlyList<string> actions)
    {
        _health = health;
        _title = title;
        _actions = actions;
        _sampler = new WatchSampler(health);
    }

    /// <summary>True if there is room for one more viewer; <see cref="SendAsync"/> gives the place back.</summary>
    public bool TryTakePlace() => _places.Wait(0);

    public void Dispose() => _sampler.Dispose();

    /// <summary>Sends until the viewer goes or <paramref name="stop"/>.</summary>
    public async Task SendAsync(Stream stream, CancellationToken stop)
    {
        try
        {
            await WriteAsync(
                stream,
                Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Accel-Buffering: no\r\nConnection: close\r\n\r\nretry: 2000\n\n"),
                stop).ConfigureAwait(false);
            long seen = 0;
            await WriteAsync(stream, Event("history", StatusJson.History(_sampler.History, ref seen)), stop).ConfigureAwait(false);
            while (!stop.IsCancellationRequested)
            {
                await WriteAsync(stream, Event("status", Status()), stop).ConfigureAwait(false);
                if (_sampler.History.Made > seen)
                {
                    await WriteAsync(stream, Event("points", StatusJson.History(_sampler.History, ref seen)), stop).ConfigureAwait(false);
                }

                await Task.Delay(IntervalMs, stop).ConfigureAwait(false);
            }
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Made once for all viewers of the same moment.</summary>
    private byte[] Status()
    {
        lock (_gate)
        {
            if (Environment.TickCount64 - _statusAtMs >= IntervalMs / 2)
            {
                _status = StatusJson.Status(_health, _title, _actions);
                _statusAtMs = Environment.TickCount64;
            }

            return _status;
        }
    }

    // JSON has no line ends within.
    private static byte[] Event(string name, byte[] data) => [.. Encoding.ASCII.GetBytes($"event: {name}\ndata: "), .. data, (byte)'\n', (byte)'\n'];

    private static async Task WriteAsync(Stream stream, byte[] bytes, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(WriteTimeoutMs);
        await stream.WriteAsync(bytes, timeout.Token).ConfigureAwait(false);
    }
}
