using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Penstock.Postgres.Connection;

namespace Penstock.PostgresTests.Wal;

/// <summary>Speaks just enough of the protocol to begin a stream, then sends the bytes that a test wants, cut where it wants.</summary>
internal sealed class ScriptedWalServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task<NetworkStream> _stream;

    public ScriptedWalServer()
    {
        _listener.Start();
        _stream = Task.Run(AcceptAsync);
    }

    public DatabaseUrl Url => new() { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port, User = "u", Database = "d", Tls = TlsMode.Disable };

    /// <summary>The connection, once the client has asked for the stream.</summary>
    public NetworkStream Stream => _stream.GetAwaiter().GetResult();

    public static byte[] XLogData(ulong start, byte[] payload)
    {
        byte[] body = new byte[25 + payload.Length];
        body[0] = (byte)'w';
        BinaryPrimitives.WriteUInt64BigEndian(body.AsSpan(1), start);
        BinaryPrimitives.WriteUInt64BigEndian(body.AsSpan(9), start);
        payload.CopyTo(body, 25);
        return Message('d', body);
    }

    public static byte[] Keepalive(ulong end, bool wantsReply)
    {
        byte[] body = new byte[18];
        body[0] = (byte)'k';
        BinaryPrimitives.WriteUInt64BigEndian(body.AsSpan(1), end);
        body[17] = (byte)(wantsReply ? 1 : 0);
        return Message('d', body);
    }

    public static byte[] Message(char type, params byte[] body)
    {
        byte[] message = new byte[5 + body.Length];
        message[0] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), 4 + body.Length);
        body.CopyTo(message, 5);
        return message;
    }

    public void Dispose()
    {
        if (_stream.IsCompletedSuccessfully)
        {
            _stream.Result.Dispose();
        }

        _listener.Dispose();
    }

    private async Task<NetworkStream> AcceptAsync()
    {
        var socket = await _listener.AcceptSocketAsync();
        socket.NoDelay = true;
        var stream = new NetworkStream(socket, ownsSocket: true);
        await SkipAsync(stream, 0);
        await stream.WriteAsync(Message('R', 0, 0, 0, 0));
        await stream.WriteAsync(Message('Z', (byte)'I'));
        await SkipAsync(stream, 1);
        await stream.WriteAsync(Message('W', 0, 0, 0));
        return stream;
    }

    private static async Task SkipAsync(NetworkStream stream, int typeBytes)
    {
        byte[] header = new byte[typeBytes + 4];
        await stream.ReadExactlyAsync(header);
        await stream.ReadExactlyAsync(new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(typeBytes)) - 4]);
    }
}
