using Npgsql;

namespace Penstock.Postgres.Connection;

/// <summary>
/// Where the source database is and how to get in: <c>postgres://user:password@host:port/database?option=value</c>, with libpq's meaning of every part.
/// </summary>
public sealed record DatabaseUrl
{
    public const int DefaultPort = 5432;

    public required string Host { get; init; }

    public int Port { get; init; } = DefaultPort;

    public required string User { get; init; }

    public string? Password { get; init; }

    public required string Database { get; init; }

    public TlsMode Tls { get; init; } = TlsMode.Prefer;

    /// <summary>PEM file of the authorities to trust; null for the system's.</summary>
    public string? RootCertificateFile { get; init; }

    /// <summary>PEM file of the client's certificate.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of the client's key.</summary>
    public string? KeyFile { get; init; }

    public string? KeyPassword { get; init; }

    /// <summary>Shown in pg_stat_activity.</summary>
    public string ApplicationName { get; init; } = "penstock";

    /// <summary>Command line options for the backend (libpq's <c>options</c>), such as <c>-c geqo=off</c>.</summary>
    public string? Options { get; init; }

    public int ConnectTimeoutSeconds { get; init; } = 10;

    /// <summary>How long after the connect time-out an opening may take, milliseconds: for what a new connection runs first, and for a driver that does not heed its own limit. No parameter of the URL.</summary>
    public int LongestBeginMs { get; init; } = 120_000;

    /// <summary>How long the server may be silent in its answer to a statement, seconds. No parameter of the URL.</summary>
    public int CommandTimeoutSeconds { get; init; } = 60;

    /// <summary>How long what the replication connection sends may wait for room, milliseconds: a server that takes nothing is as good as gone. No parameter of the URL.</summary>
    public int SendTimeoutMs { get; init; } = 30_000;

    /// <summary>The server must accept writes (<c>target_session_attrs=read-write|primary</c>).</summary>
    public bool MustBePrimary { get; init; }

    /// <summary>A directory instead of a host name: the server's Unix socket.</summary>
    public bool IsUnixSocket => Host.StartsWith('/');

    /// <summary>
    /// Reads a URL. The error says which part is wrong and never shows the password.
    /// </summary>
    /// <param name="text">The URL.</param>
    /// <param name="environment">Looks up an environment variable; <c>DYNO</c> (the platform whose databases insist on TLS but have no verifiable certificate) turns the
    /// default of <c>sslmode</c> into <c>require</c>, <c>PGSSLMODE</c> and <c>PGSSLROOTCERT</c> are libpq's.</param>
    /// <param name="url">The parts.</param>
    /// <param name="error">What is wrong, if the result is false.</param>
    public static bool TryParse(string text, Func<string, string?> environment, out DatabaseUrl? url, out string? error) =>
        new DatabaseUrlParser(environment).TryParse(text, out url, out error);

    /// <summary>For Npgsql. Pools are small: the platform's plans count connections.</summary>
    public NpgsqlConnectionStringBuilder ToConnectionString()
    {
        bool trustsSystem = RootCertificateFile is null or "system";
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = Host,
            Port = Port,
            Username = User,
            Password = Password,
            Database = Database,
            ApplicationName = ApplicationName,
            Options = Options,
            Timeout = ConnectTimeoutSeconds,
            CommandTimeout = CommandTimeoutSeconds,
            MaxPoolSize = 3,
            MinPoolSize = 0,
            ConnectionIdleLifetime = 60,
            Enlist = false,
            IncludeErrorDetail = false,
            // A dead peer is noticed after 30 s + 3 x 10 s instead of the kernel's two hours.
            TcpKeepAlive = true,
            TcpKeepAliveTime = 30,
            TcpKeepAliveInterval = 10,
            SslMode = EffectiveTls switch
            {
                TlsMode.Disable => SslMode.Disable,
                TlsMode.Allow => SslMode.Allow,
                TlsMode.Prefer => SslMode.Prefer,
                TlsMode.Require => SslMode.Require,
                TlsMode.VerifyCa => SslMode.VerifyCA,
                _ => SslMode.VerifyFull,
            },
        };
        builder.Add("Server Compatibility Mode", "NoTypeLoading");
        if (!trustsSystem && EffectiveTls is TlsMode.VerifyCa or TlsMode.VerifyFull)
        {
            builder.RootCertificate = RootCertificateFile;
        }

        if (CertificateFile is not null)
        {
            builder.SslCertificate = CertificateFile;
            builder.SslKey = KeyFile;
            builder.SslPassword = KeyPassword;
        }

        return builder;
    }

    /// <summary>libpq: <c>require</c> with a root certificate verifies as <c>verify-ca</c> does; <c>sslrootcert=system</c> makes <c>verify-full</c> the only choice.</summary>
    public TlsMode EffectiveTls => (Tls, RootCertificateFile) switch
    {
        (not TlsMode.Disable, "system") => TlsMode.VerifyFull,
        (TlsMode.Require, not null) => TlsMode.VerifyCa,
        _ => Tls,
    };

    /// <summary>For messages: no password, no options.</summary>
    public override string ToString() => $"postgres://{User}@{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}/{Database}";
}
