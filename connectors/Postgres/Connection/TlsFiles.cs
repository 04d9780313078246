using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Penstock.Postgres.Connection;

/// <summary>What is wrong with the PEM files that a URL names. Looked at when a connection has failed: drivers do not say which file they could not use.</summary>
internal static class TlsFiles
{
    /// <summary>The problem in words, without anything of what the files hold; null if all can be used.</summary>
    public static string? Problem(DatabaseUrl url) => url.EffectiveTls == TlsMode.Disable ? null : OfAuthorities(url) ?? OfClient(url);

    private static string? OfAuthorities(DatabaseUrl url)
    {
        if (url.EffectiveTls is not (TlsMode.VerifyCa or TlsMode.VerifyFull) || url.RootCertificateFile is null or "system")
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(url.RootCertificateFile);
            return authorities.Count > 0 ? null : $"sslrootcert in DATABASE_URL: the file '{url.RootCertificateFile}' holds no certificate (-----BEGIN CERTIFICATE-----).";
        }
        catch (Exception unreadable) when (IsOfTheFile(unreadable))
        {
            return $"sslrootcert in DATABASE_URL: the file '{url.RootCertificateFile}' cannot be read as certificates in PEM.";
        }
        finally
        {
            foreach (var authority in authorities)
            {
                authority.Dispose();
            }
        }
    }

    private static string? OfClient(DatabaseUrl url)
    {
        if (url.CertificateFile is null)
        {
            return null;
        }

        try
        {
            using var pair = ReadClient(url);
            return null;
        }
        catch (Exception unreadable) when (IsOfTheFile(unreadable))
        {
            return $"sslcert and sslkey in DATABASE_URL: '{url.CertificateFile}' and '{url.KeyFile ?? url.CertificateFile}' are not a certificate in PEM and the key that belongs to it{(url.KeyPassword is null ? ", not encrypted" : ", encrypted with sslpassword")}.";
        }
    }

    /// <summary>The client's certificate with its key.</summary>
    /// <exception cref="CryptographicException">Or <see cref="ArgumentException"/>, <see cref="IOException"/>, <see cref="UnauthorizedAccessException"/>: <see cref="Problem"/> says it in words.</exception>
    public static X509Certificate2 ReadClient(DatabaseUrl url) => url.KeyPassword is null
        ? X509Certificate2.CreateFromPemFile(url.CertificateFile!, url.KeyFile)
        : X509Certificate2.CreateFromEncryptedPemFile(url.CertificateFile!, url.KeyPassword, url.KeyFile);

    // ArgumentException: both can be read and do not match.
    private static bool IsOfTheFile(Exception exception) => exception is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException;
}
