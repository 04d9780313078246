namespace Penstock.Servers;

/// <summary>How a throwaway Postgres is set up.</summary>
public sealed record PostgresServerOptions
{
    /// <summary>Settings of postgresql.conf that come after, and so win over, the ones every throwaway server has.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Off by default: what matters here survives a killed process, and no test cuts the power.</summary>
    public bool Fsync { get; init; }

    /// <summary>Serve TLS with a self-signed certificate for 127.0.0.1 and localhost, <see cref="PostgresServer.CertificatePath"/>.</summary>
    public bool Tls { get; init; }

    /// <summary>The lines of pg_hba.conf; by default everybody may come from 127.0.0.1, to replicate too, without a password.</summary>
    public IReadOnlyList<string> ClientAuthentication { get; init; } = ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"];

    /// <summary>The encoding of the cluster's databases. Not UTF8 only to see it refused.</summary>
    public string Encoding { get; init; } = "UTF8";
}
