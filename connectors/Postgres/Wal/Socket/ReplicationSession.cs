using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Wal.Socket;

/// <summary>
/// A session in replication mode up to the moment where it streams: startup, authentication, START_REPLICATION (protocol pages "Message Flow" and "Streaming Replication Protocol").
/// </summary>
internal sealed class ReplicationSession : IDisposable
{
    private const int ProtocolVersion3 = 196608;

    /// <summary>Longest message before the stream: authentication, parameters, an error. A server that announces more is not a Postgres.</summary>
    internal const int MostMessageBytes = 1 << 20;

    /// <summary>Most messages before the stream: a server sends some twenty parameters, and a notice for each thing that is odd.</summary>
    private const int MostMessages = 10_000;

    /// <summary>Longest time that the socket is asked to wait for at once, in milliseconds: it takes microseconds in 32 bits.</summary>
    private const int LongestReadMs = 1_000_000;

    private readonly DatabaseUrl _url;
    private long _endMs;
    private int _messages;

    private ReplicationSession(ReplicationSocket socket, DatabaseUrl url)
    {
        Socket = socket;
        _url = url;
    }

    public ReplicationSocket Socket { get; }

    /// <summary>Connects and authenticates.</summary>
    /// <exception cref="PostgresException">The server refused.</exception>
    public static ReplicationSession Open(DatabaseUrl url, string options)
    {
        bool tls = url.EffectiveTls is not (TlsMode.Disable or TlsMode.Allow) && !url.IsUnixSocket;
        if (url.EffectiveTls is not (TlsMode.Allow or TlsMode.Prefer) || url.IsUnixSocket)
        {
            return Open(url, options, tls);
        }

        try
        {
            return Open(url, options, tls);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            // pg_hba.conf may let the user in the other way only.
            return Open(url, options, !tls);
        }
    }

    /// <summary>Sends START_REPLICATION and waits for CopyBothResponse, as long as for the answer to any statement (<see cref="DatabaseUrl.CommandTimeoutSeconds"/>), but for all of it together.</summary>
    /// <exception cref="TimeoutException">It has not come in time.</exception>
    public void StartReplication(string command)
    {
        Ask(command);
        while (true)
        {
            byte[] body = Receive(out char type);
            switch (type)
            {
                case 'W':
                    return;
                case 'N' or 'S':
                    break;
                case 'E':
                    throw Error(body);
                default:
                    throw Unexpected(type, "START_REPLICATION");
            }
        }
    }

    /// <summary>Runs a command of the replication protocol that gives no rows anybody reads.</summary>
    public void Execute(string command)
    {
        Ask(command);
        PostgresException? refused = null;
        while (true)
        {
            byte[] body = Receive(out char type);
            switch (type)
            {
                case 'Z':
                    if (refused is not null)
                    {
                        throw refused;
                    }

                    return;
                case 'E':
                    refused = Error(body);
                    break;
            }
        }
    }

    public void Dispose() => Socket.Dispose();

    /// <summary>An ErrorResponse as Npgsql's exception, so that one place judges both.</summary>
    public static PostgresException Error(ReadOnlySpan<byte> body)
    {
        var fields = new Dictionary<char, string>();
        var reader = new PgOutputReader(body);
        while (reader.Remaining > 0 && reader.ReadByte() is not 0 and var code)
        {
            fields[(char)code] = reader.ReadString();
        }

        string severity = fields.GetValueOrDefault('S', "ERROR");
        return new PostgresException(fields.GetValueOrDefault('M', "unknown error"), severity, fields.GetValueOrDefault('V', severity), fields.GetValueOrDefault('C', "XX000"), hint: fields.GetValueOrDefault('H'));
    }

    private static ReplicationSession Open(DatabaseUrl url, string options, bool tls)
    {
        var socket = ReplicationSocket.Connect(url, tls);
        try
        {
            var session = new ReplicationSession(socket, url);
            session.SendStartup(options);
            session.Authenticate();
            return session;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void SendStartup(string options)
    {
        var body = new List<byte>();
        void Add(string name, string value)
        {
            body.AddRange([.. Encoding.UTF8.GetBytes(name), 0, .. Encoding.UTF8.GetBytes(value), 0]);
        }

        Add("user", _url.User);
        Add("database", _url.Database);
        Add("replication", "database");
        Add("application_name", _url.ApplicationName);
        Add("client_encoding", "UTF8");
        Add("options", options);
        body.Add(0);
        byte[] message = new byte[8 + body.Count];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), ProtocolVersion3);
        body.CopyTo(message, 8);
        Socket.Write(message);
    }

    private void Authenticate()
    {
        // libpq's connect_timeout is one for all of it: a server that sends a byte now and then must not hold the process.
        Expect(_url.ConnectTimeoutSeconds * 1000L);
        ScramSha256? scram = null;
        while (true)
        {
            byte[] body = Receive(out char type);
            switch (type)
            {
                case 'R':
                    Answer(body, ref scram);
                    break;
                case 'E':
                    throw Error(body);
                case 'Z':
                    return;
                case 'S' or 'K' or 'N' or 'v':
                    break;
                default:
                    throw Unexpected(type, "the start of the session");
            }
        }
    }

    private void Answer(byte[] body, ref ScramSha256? scram)
    {
        var reader = new PgOutputReader(body);
        int method = reader.ReadInt32();
        switch (method)
        {
            case 0 when scram is { IsProven: false }:
                throw Unproven();
            case 0:
                break;
            case 3:
                SendText('p', Password());
                break;
            case 5:
                SendText('p', Md5(_url.User, Password(), reader.ReadBytes(4)));
                break;
            case 10:
                SelectMechanism(ref reader);
                scram = new ScramSha256(Password(), Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)));
                byte[] first = scram.First();
                byte[] initial = [.. Encoding.ASCII.GetBytes(ScramSha256.Mechanism), 0, .. BigEndian(first.Length), .. first];
                Send('p', initial);
                break;
            case 11 when scram is not null:
                Send('p', scram.Final(Encoding.UTF8.GetString(reader.ReadBytes(reader.Remaining))));
                break;
            case 12 when scram is not null:
                if (!scram.Verify(Encoding.UTF8.GetString(reader.ReadBytes(reader.Remaining))))
                {
                    throw Unproven();
                }

                break;
            default:
                throw new DatabaseException(
                    FailureClass.Preflight,
                    $"Postgres at {_url.Host}:{_url.Port} asks '{_url.User}' for authentication method {method}, which this reader does not speak (it speaks trust, password, md5, scram-sha-256 and client certificates). Set PENSTOCK_READER=npgsql, or change the method in pg_hba.conf.");
        }
    }

    private DatabaseException Unproven() => new(
        FailureClass.Preflight, $"Postgres at {_url.Host}:{_url.Port} could not prove that it knows the password of '{_url.User}': it may not be the server that DATABASE_URL means.");

    private static void SelectMechanism(ref PgOutputReader reader)
    {
        while (reader.ReadString() is { Length: > 0 } offered)
        {
            if (offered == ScramSha256.Mechanism)
            {
                return;
            }
        }

        throw new MalformedWalException("the server offers no SASL mechanism that this reader speaks");
    }

    private string Password() => _url.Password ?? throw new DatabaseException(
        FailureClass.Preflight, $"Postgres at {_url.Host}:{_url.Port} asks for the password of '{_url.User}', and DATABASE_URL has none: postgres://USER:PASSWORD@HOST:PORT/DATABASE.");

    /// <summary>"md5" and the hash of (hash of password and user) and salt: protocol page "AuthenticationMD5Password".</summary>
    private static string Md5(string user, string password, ReadOnlySpan<byte> salt)
    {
#pragma warning disable CA5351 // The server chose the method; scram-sha-256 is what it should choose.
        string inner = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(password + user)));
        return "md5" + Convert.ToHexStringLower(MD5.HashData([.. Encoding.ASCII.GetBytes(inner), .. salt]));
#pragma warning restore CA5351
    }

    private void SendText(char type, string text) => Send(type, [.. Encoding.UTF8.GetBytes(text), 0]);

    private void Send(char type, ReadOnlySpan<byte> body) => Socket.Write([(byte)type, .. BigEndian(body.Length + 4), .. body]);

    private static byte[] BigEndian(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private void Ask(string command)
    {
        SendText('Q', command);
        Expect(_url.CommandTimeoutSeconds * 1000L);
    }

    private void Expect(long timeoutMs) => (_endMs, _messages) = (Environment.TickCount64 + timeoutMs, 0);

    private byte[] Receive(out char type)
    {
        Span<byte> header = stackalloc byte[5];
        ReadExactly(header);
        if (++_messages > MostMessages)
        {
            throw new MalformedWalException($"more than {MostMessages} messages before the stream has begun");
        }

        type = (char)header[0];
        int length = BinaryPrimitives.ReadInt32BigEndian(header[1..]) - 4;
        if (length is < 0 or > MostMessageBytes)
        {
            throw new MalformedWalException($"a message of {length} bytes before the stream has begun");
        }

        byte[] body = new byte[length];
        ReadExactly(body);
        return body;
    }

    private void ReadExactly(Span<byte> target)
    {
        while (target.Length > 0)
        {
            // Bytes that are there already must not win over a time that is over: they could be without end.
            long leftMs = _endMs - Environment.TickCount64;
            if (leftMs <= 0)
            {
                throw new TimeoutException();
            }

            target = target[Socket.Read(target, (int)Math.Min(leftMs, LongestReadMs))..];
        }
    }

    private static MalformedWalException Unexpected(char type, string where) => new($"unexpected message '{(char.IsAsciiLetterOrDigit(type) ? type : '?')}' ({(int)type}) at {where}");
}
