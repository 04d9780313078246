using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Penstock.Postgres.Connection;

namespace Penstock.PostgresTests.Hostile;

/// <summary>A server that speaks the protocol as far as a test wants and then sends what no Postgres sends. Each connection runs the same script.</summary>
internal sealed class HostileServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<NetworkStream, CancellationToken, Task> _script;

    public HostileServer(Func<NetworkStream, CancellationToken, Task> script)
    {
        _script = script;
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    /// <summary>A stranger to TLS, with a short patience.</summary>
    public DatabaseUrl Url => new() { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port, User = "u", Password = "s3cret", Database = "d", Tls = TlsMode.Disable, ConnectTimeoutSeconds = 3, CommandTimeoutSeconds = 2 };

    public static byte[] Message(char type, params byte[] body) => [(byte)type, .. BigEndian(4 + body.Length), .. body];

    /// <summary>A message that says it has another length.</summary>
    public static byte[] Lie(char type, int length, params byte[] body) => [(byte)type, .. BigEndian(length), .. body];

    /// <summary>What a server without passwords says at the start.</summary>
    public static byte[] Greeting =>
    [
        .. Message('R', 0, 0, 0, 0), .. Message('S', [.. "server_version\015.18\0"u8]), .. Message('S', [.. "client_encoding\0UTF8\0"u8]),
        .. Message('S', [.. "standard_conforming_strings\0on\0"u8]), .. Message('K', 0, 0, 0, 1, 0, 0, 0, 1), .. Message('Z', (byte)'I'),
    ];

    public static byte[] Notice() => Message('N', [.. "SWARNING\0C01000\0Mnothing\0\0"u8]);

    /// <summary>Greets as a server without passwords does, and is ready for a statement.</summary>
    public static async Task GreetAsync(NetworkStream stream, CancellationToken stop)
    {
        await SkipAsync(stream, 0, stop);
        await stream.WriteAsync(Greeting, stop);
    }

    /// <summary>Sends each byte by itself.</summary>
    public static async Task TrickleAsync(NetworkStream stream, byte[] bytes, CancellationToken stop)
    {
        stream.Socket.NoDelay = true;
        foreach (byte one in bytes)
        {
            await stream.WriteAsync(new[] { one }, stop);
            await Task.Yield();
        }
    }

    /// <summary>Reads one message of the client and forgets it; the first has no type.</summary>
    public static Task SkipAsync(NetworkStream stream, int typeBytes, CancellationToken stop) => ReadAsync(stream, typeBytes, stop);

    /// <summary>Asks for SCRAM and gives the challenge that is made of the client's nonce. The client's answer to it is read too, if it gives one.</summary>
    public static async Task ChallengeAsync(NetworkStream stream, Func<string, string> challenge, CancellationToken stop)
    {
        await stream.WriteAsync(Message('R', [0, 0, 0, 10, .. "SCRAM-SHA-256\0\0"u8]), stop);
        string first = Encoding.UTF8.GetString(await ReadAsync(stream, 1, stop));
        await stream.WriteAsync(Message('R', [0, 0, 0, 11, .. Encoding.UTF8.GetBytes(challenge(first[(first.IndexOf(",r=", StringComparison.Ordinal) + 3)..]))]), stop);
        await ReadAsync(stream, 1, stop);
    }

    /// <summary>The body of one message of the client.</summary>
    private static async Task<byte[]> ReadAsync(NetworkStream stream, int typeBytes, CancellationToken stop)
    {
        byte[] header = new byte[typeBytes + 4];
        await stream.ReadExactlyAsync(header, stop);
        byte[] body = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(typeBytes)) - 4];
        await stream.ReadExactlyAsync(body, stop);
        return body;
    }

    /// <summary>Sends the same without end, or as long as the client takes it.</summary>
    public static async Task RepeatAsync(NetworkStream stream, byte[] bytes, CancellationToken stop)
    {
        byte[] many = [.. Enumerable.Repeat(bytes, Math.Max(1, 16_384 / bytes.Length)).SelectMany(part => part)];
        while (true)
        {
            await stream.WriteAsync(many, stop);
        }
    }

    public static byte[] Text(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private static byte[] BigEndian(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                _ = Task.Run(() => RunAsync(socket));
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private async Task RunAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await _script(stream, _stop.Token);
            socket.Shutdown(SocketShutdown.Send);
            await SkipAsync(stream, 1, _stop.Token);
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has seen enough.
            return;
        }
    }
}
