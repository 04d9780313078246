using System.Net.Sockets;

namespace Penstock.Servers.Proxies;

/// <summary>One connection through a <see cref="TcpProxy"/>: two sockets, two pumps.</summary>
internal sealed class ProxiedConnection(TcpProxy proxy, Socket client, Socket server)
{
    private volatile bool _clientMuted;
    private volatile bool _serverMuted;

    /// <summary>Loses from now on what one side, or both, say. A muted side's end is not passed on either.</summary>
    public void Mute(bool fromServer, bool fromClient)
    {
        _serverMuted |= fromServer;
        _clientMuted |= fromClient;
    }

    /// <summary>RST to both sides.</summary>
    public void Reset()
    {
        Reset(client);
        Reset(server);
    }

    /// <summary>RST.</summary>
    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // Closed already: nothing to reset.
            return;
        }

        socket.Dispose();
    }

    /// <summary>Until both directions have ended.</summary>
    public async Task RunAsync()
    {
        await Task.WhenAll(PumpAsync(client, server, fromServer: false), PumpAsync(server, client, fromServer: true)).ConfigureAwait(false);
        client.Dispose();
        server.Dispose();
    }

    private bool IsMuted(bool fromServer) => fromServer ? _serverMuted : _clientMuted;

    private async Task PumpAsync(Socket from, Socket to, bool fromServer)
    {
        byte[] buffer = new byte[64 * 1024];
        long passed = 0;
        try
        {
            while (await from.ReceiveAsync(buffer).ConfigureAwait(false) is > 0 and var read)
            {
                passed += read;
                if (fromServer && proxy.SpringsTrap(passed))
                {
                    Reset();
                    return;
                }

                if (!fromServer && proxy.IsLostAt(buffer.AsSpan(0, read)))
                {
                    Mute(fromServer: true, fromClient: true);
                }

                await PassAsync(buffer.AsMemory(0, read), to, fromServer).ConfigureAwait(false);
            }

            if (!IsMuted(fromServer))
            {
                to.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            // One side is gone: so is the other, unless it is not to know.
            if (!IsMuted(fromServer))
            {
                Reset();
            }
        }
    }

    private async Task PassAsync(ReadOnlyMemory<byte> data, Socket to, bool fromServer)
    {
        while (data.Length > 0 && !IsMuted(fromServer))
        {
            // Asked anew for each piece: a change of weather reaches what is under way.
            var weather = proxy.Weather;
            int piece = weather.PieceBytes > 0 ? Math.Min(weather.PieceBytes, data.Length) : data.Length;
            if (weather.LatencyMs > 0)
            {
                await Task.Delay(weather.LatencyMs).ConfigureAwait(false);
            }

            if (weather.BytesPerSecond > 0)
            {
                // Ten pieces a second.
                piece = Math.Min(piece, Math.Max(1, weather.BytesPerSecond / 10));
                await Task.Delay(Math.Max(1, piece * 1000 / weather.BytesPerSecond)).ConfigureAwait(false);
            }

            await to.SendAsync(data[..piece]).ConfigureAwait(false);
            data = data[piece..];
        }
    }
}
