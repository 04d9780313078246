using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Wal.Socket;

/// <summary>
/// The bytes of one connection, plain or TLS: blocking reads with a time limit for one thread, writes from any.
/// </summary>
internal sealed class ReplicationSocket : IDisposable
{
    private const int SslRequestCode = 80877103;

    /// <summary>TLS hands out whole records of up to 16 KB; several fit so that one read brings many rows.</summary>
    private const int TlsBufferBytes = 64 * 1024;

    private readonly System.Net.Sockets.Socket _socket;
    private readonly Interruption _interruption = new();
    private readonly Lock _writeLock = new();
    private Stream _stream;
    private SslStream? _tls;
    private byte[] _tlsBytes = [];
    private int _tlsStart;
    private int _tlsEnd;
    private Task<int>? _tlsRead;

    private ReplicationSocket(System.Net.Sockets.Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>TLS is spoken.</summary>
    public bool IsEncrypted => _tls is not null;

    /// <summary>Connects, and speaks TLS as the URL's sslmode says (protocol page "SSL Session Encryption").</summary>
    /// <param name="url">Where.</param>
    /// <param name="tls">For <c>allow</c>: whether this is the second attempt, with TLS.</param>
    public static ReplicationSocket Connect(DatabaseUrl url, bool tls)
    {
        var socket = url.IsUnixSocket
            ? new System.Net.Sockets.Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new System.Net.Sockets.Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            EndPoint end = url.IsUnixSocket ? new UnixDomainSocketEndPoint($"{url.Host}/.s.PGSQL.{url.Port}") : new DnsEndPoint(url.Host, url.Port);
            // Not ConnectAsync: it registers the socket with .NET's event loop for as long as it lives, which then wakes a thread, and that one the pool, for each segment that
            // arrives, though nobody waits there: 25,000 times a second at full speed, a quarter of the process's time (docs/decisions/0011).
            var connecting = Task.Factory.StartNew(() => socket.Connect(end), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            if (!connecting.Wait(TimeSpan.FromSeconds(url.ConnectTimeoutSeconds)))
            {
                throw new IOException($"no answer from {url.Host}:{url.Port} within {url.ConnectTimeoutSeconds} s");
            }

            socket.SendTimeout = url.SendTimeoutMs;
            if (!url.IsUnixSocket)
            {
                // A dead peer is noticed after 30 s + 3 x 10 s instead of the kernel's two hours.
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            }

            var connection = new ReplicationSocket(socket);
            if (tls)
            {
                connection.StartTls(url);
            }

            return connection;
        }
        catch (AggregateException failed) when (failed.InnerException is SocketException inner)
        {
            socket.Dispose();
            throw inner;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads what is there, at least a byte, waiting up to <paramref name="timeoutMs"/>. Returns 0 when nothing came in the time.
    /// </summary>
    /// <exception cref="IOException">The peer has closed the connection, or it broke.</exception>
    public int Read(Span<byte> buffer, int timeoutMs)
    {
        if (_tls is not null)
        {
            return ReadTls(buffer, timeoutMs, CancellationToken.None);
        }

        return _socket.Poll(timeoutMs * 1000, SelectMode.SelectRead) ? Receive(buffer) : 0;
    }

    /// <summary>As <see cref="Read"/>, and does not wait after <see cref="Interrupt"/>, or no longer.</summary>
    public int ReadUnlessInterrupted(Span<byte> buffer, int timeoutMs)
    {
        if (_tls is not null)
        {
            return ReadTls(buffer, timeoutMs, _interruption.Token);
        }

        return _interruption.WaitForBytes(_socket, timeoutMs) ? Receive(buffer) : 0;
    }

    /// <summary>Ends every present and future wait of <see cref="ReadUnlessInterrupted"/>. Any thread, also after <see cref="Dispose"/>.</summary>
    public void Interrupt() => _interruption.Set();

    private int Receive(Span<byte> buffer)
    {
        int read = _socket.Receive(buffer, SocketFlags.None, out var error);
        return error == SocketError.Success && read > 0 ? read : throw Closed(error);
    }

    /// <summary>Sends all bytes. Any thread.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_writeLock)
        {
            _stream.Write(bytes);
            _stream.Flush();
        }
    }

    /// <summary>Reads and forgets what the peer still sends, until it closes or the time is over.</summary>
    public void Drain(int timeoutMs)
    {
        byte[] forgotten = new byte[64 * 1024];
        long end = Environment.TickCount64 + timeoutMs;
        try
        {
            while (end - Environment.TickCount64 is > 0 and var left)
            {
                Read(forgotten, (int)left);
            }
        }
        catch (Exception closed) when (closed is IOException or SocketException or ObjectDisposedException)
        {
            // What was waited for.
            return;
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
        _interruption.Dispose();
    }

    private static IOException Closed(SocketError error) =>
        new(error == SocketError.Success ? "the server closed the connection" : $"the connection broke: {error}");

    private int ReadTls(Span<byte> buffer, int timeoutMs, CancellationToken interrupted)
    {
        if (_tlsStart == _tlsEnd)
        {
            // A synchronous read with a time-out leaves an SslStream unusable: one asynchronous read stays open across calls instead.
            _tlsRead ??= _tls!.ReadAsync(_tlsBytes.AsMemory(), CancellationToken.None).AsTask();
            try
            {
                if (!_tlsRead.IsCompleted && !_tlsRead.Wait(timeoutMs, interrupted))
                {
                    return 0;
                }
            }
            catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
            {
                return 0;
            }
            catch (AggregateException failed)
            {
                throw new IOException($"the connection broke: {failed.InnerException!.Message}", failed.InnerException);
            }

            int read = _tlsRead.Result;
            _tlsRead = null;
            if (read == 0)
            {
                throw Closed(SocketError.Success);
            }

            (_tlsStart, _tlsEnd) = (0, read);
        }

        int count = Math.Min(buffer.Length, _tlsEnd - _tlsStart);
        _tlsBytes.AsSpan(_tlsStart, count).CopyTo(buffer);
        _tlsStart += count;
        return count;
    }

    private void StartTls(DatabaseUrl url)
    {
        Span<byte> request = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(request, 8);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(request[4..], SslRequestCode);
        Write(request);
        // One byte and not more: what follows it in clear text would be taken for part of the handshake (CVE-2021-23222).
        Span<byte> answer = stackalloc byte[1];
        if (Read(answer, url.ConnectTimeoutSeconds * 1000) == 0)
        {
            throw new IOException($"no answer from {url.Host}:{url.Port} to the request for TLS");
        }

        if (answer[0] is not ((byte)'S' or (byte)'N'))
        {
            throw new MalformedWalException($"the request for TLS is answered with byte {answer[0]}");
        }

        if (answer[0] != (byte)'S')
        {
            if (url.EffectiveTls is TlsMode.Prefer or TlsMode.Allow)
            {
                return;
            }

            throw new DatabaseException(
                FailureClass.Preflight, $"Postgres at {url.Host}:{url.Port} does not offer TLS, which sslmode={ModeName(url)} asks for. Switch TLS on at the server, or set sslmode=prefer in DATABASE_URL.");
        }

        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(url.ConnectTimeoutSeconds));
        try
        {
            tls.AuthenticateAsClientAsync(Options(url), limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException();
        }
        catch (AuthenticationException refused)
        {
            throw new DatabaseException(
                FailureClass.Preflight,
                $"The TLS certificate of Postgres at {url.Host}:{url.Port} was refused (sslmode={ModeName(url)}): {refused.Message} Give the right authority with sslrootcert=FILE in DATABASE_URL.",
                inner: refused);
        }

        _tls = tls;
        _stream = tls;
        _tlsBytes = new byte[TlsBufferBytes];
    }

    private static string ModeName(DatabaseUrl url) => url.EffectiveTls switch
    {
        TlsMode.VerifyCa => "verify-ca",
        TlsMode.VerifyFull => "verify-full",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static SslClientAuthenticationOptions Options(DatabaseUrl url)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = url.Host,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Accept(url, certificate, chain, errors),
        };
        if (url.CertificateFile is not null)
        {
            // Exported once: a key that lives only in memory cannot be used for client authentication on every platform.
            using var fromPem = TlsFiles.ReadClient(url);
            options.ClientCertificates = [X509CertificateLoader.LoadPkcs12(fromPem.Export(X509ContentType.Pkcs12), null)];
        }

        return options;
    }

    private static bool Accept(DatabaseUrl url, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (url.EffectiveTls is not (TlsMode.VerifyCa or TlsMode.VerifyFull))
        {
            return true;
        }

        if (certificate is null || (url.EffectiveTls == TlsMode.VerifyFull && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)))
        {
            return false;
        }

        if (url.RootCertificateFile is null or "system")
        {
            return !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors);
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.CustomTrustStore.ImportFromPemFile(url.RootCertificateFile);
        foreach (var element in chain?.ChainElements ?? new X509Chain().ChainElements)
        {
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return own.Build(leaf);
    }
}
