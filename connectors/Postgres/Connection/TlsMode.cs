namespace Penstock.Postgres.Connection;

/// <summary>libpq's <c>sslmode</c> (manual, "SSL Mode Descriptions").</summary>
public enum TlsMode
{
    /// <summary>Never.</summary>
    Disable,

    /// <summary>Plain first; TLS when the server insists.</summary>
    Allow,

    /// <summary>TLS where the server offers it; the certificate is not looked at.</summary>
    Prefer,

    /// <summary>TLS or nothing; the certificate is not looked at unless a root certificate is given.</summary>
    Require,

    /// <summary>The certificate must come from a trusted authority.</summary>
    VerifyCa,

    /// <summary>As <see cref="VerifyCa"/>, and it must be made out to the host.</summary>
    VerifyFull,
}
