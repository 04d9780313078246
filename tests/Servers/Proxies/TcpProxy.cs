using System.Net;
using System.Net.Sockets;

namespace Penstock.Servers.Proxies;

/// <summary>
/// A TCP proxy on a free port of 127.0.0.1 that can do to connections what networks do. Every method acts at once and from any thread; connections made later are sound unless
/// a method says otherwise.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly List<ProxiedConnection> _connections = [];
    private readonly Task _accepting;
    private ProxyTrap? _trap;
    private byte[]? _lostAt;
    private volatile bool _refusing;
    private volatile ProxyWeather _weather = ProxyWeather.Fair;
    private int _accepted;

    /// <param name="targetPort">Where it connects to, on 127.0.0.1; may be set later with <see cref="TargetPort"/>.</param>
    public TcpProxy(int targetPort = 0)
    {
        TargetPort = targetPort;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, FreePort.Find()));
        _listener.Listen(128);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public int TargetPort { get; set; }

    /// <summary>For all connections, those that are open too.</summary>
    public ProxyWeather Weather
    {
        get => _weather;
        set => _weather = value;
    }

    /// <summary>Connections since the start.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>How often a trap has sprung.</summary>
    public int Sprung { get; private set; }

    /// <summary>Resets every connection (RST to both sides).</summary>
    public void Cut() => ForEach(connection => connection.Reset());

    /// <summary>
    /// Every connection goes dead without a word: what arrives from either side is read and forgotten, the end of one side is not told to the other. As a firewall that has lost
    /// its memory of a connection.
    /// </summary>
    public void HalfOpen() => ForEach(connection => connection.Mute(fromServer: true, fromClient: true));

    /// <summary>The server's answers on all open connections are lost, what the client says still arrives: the server acts and the client does not learn of it.</summary>
    public void LoseAnswers() => ForEach(connection => connection.Mute(fromServer: true, fromClient: false));

    /// <summary>The next connection whose client says <paramref name="text"/> goes dead without a word from then on, as with <see cref="HalfOpen"/>: what holds the text is the first that is lost.</summary>
    public void HalfOpenAt(string text)
    {
        lock (_gate)
        {
            _lostAt = System.Text.Encoding.UTF8.GetBytes(text);
        }
    }

    /// <summary>New connections are reset as soon as they are accepted, until <see cref="Admit"/>.</summary>
    public void Refuse() => _refusing = true;

    /// <summary>Ends <see cref="Refuse"/>.</summary>
    public void Admit() => _refusing = false;

    /// <summary>Resets the next <paramref name="count"/> connections once their server has sent <paramref name="serverBytes"/>: small numbers hit the handshake, large ones a COPY.</summary>
    public void ResetAfter(long serverBytes, int count = 1)
    {
        lock (_gate)
        {
            _trap = new ProxyTrap(serverBytes, count);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        Cut();
        await _accepting.ConfigureAwait(false);
        _closing.Dispose();
    }

    /// <summary>Asked by a connection for each piece of its server's data.</summary>
    internal bool SpringsTrap(long serverBytes)
    {
        lock (_gate)
        {
            if (_trap is not { } trap || serverBytes < trap.ServerBytes)
            {
                return false;
            }

            Sprung++;
            _trap = trap.Count > 1 ? trap with { Count = trap.Count - 1 } : null;
            return true;
        }
    }

    /// <summary>Asked by a connection for each piece of its client's data.</summary>
    internal bool IsLostAt(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (_lostAt is null || data.IndexOf(_lostAt) < 0)
            {
                return false;
            }

            Sprung++;
            _lostAt = null;
            return true;
        }
    }

    private void ForEach(Action<ProxiedConnection> act)
    {
        ProxiedConnection[] open;
        lock (_gate)
        {
            open = [.. _connections];
        }

        foreach (var connection in open)
        {
            act(connection);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_closing.Token).ConfigureAwait(false);
                Interlocked.Increment(ref _accepted);
                if (_refusing)
                {
                    ProxiedConnection.Reset(client);
                    continue;
                }

                _ = ServeAsync(client);
            }
        }
        catch (Exception closed) when (_closing.IsCancellationRequested && closed is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // Disposed.
            return;
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, TargetPort).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // Nobody listens there: the client learns it as from the server itself.
            server.Dispose();
            ProxiedConnection.Reset(client);
            return;
        }

        var connection = new ProxiedConnection(this, client, server);
        lock (_gate)
        {
            _connections.Add(connection);
        }

        await connection.RunAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }

    private sealed record ProxyTrap(long ServerBytes, int Count);
}
