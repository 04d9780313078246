using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Penstock.Engine.Configuration;

namespace Penstock.Kafka.Connection;

/// <summary>Certificates and key as PEM text, checked. Null where not given.</summary>
internal sealed record TlsMaterial(string? CaPem, int CaCount, string? CertificatePem, string? KeyPem)
{
    /// <summary>Until when they are valid, trusted ones first.</summary>
    internal IReadOnlyList<CertificateEnd> Ends { get; init; } = [];

    internal bool IsGiven => (CaPem ?? CertificatePem) is not null;

    /// <summary>Reads the three variables; every problem is reported, with the variable's name and never with its value.</summary>
    internal static TlsMaterial Read(KafkaSettings settings, List<SettingProblem> problems)
    {
        string caName = settings.Attachment + "_TRUSTED_CERT";
        string certName = settings.Attachment + "_CLIENT_CERT";
        string keyName = settings.Attachment + "_CLIENT_CERT_KEY";
        int before = problems.Count;
        string? ca = Normalise(settings.TrustedCert, caName, problems);
        string? cert = Normalise(settings.ClientCert, certName, problems);
        string? key = Normalise(settings.ClientCertKey, keyName, problems);
        var caEnds = ca is null ? [] : ReadEnds(ca, caName, problems);
        var certEnds = cert is null ? [] : ReadEnds(cert, certName, problems);

        if (IsSet(settings.ClientCert) != IsSet(settings.ClientCertKey))
        {
            (string missing, string given) = IsSet(settings.ClientCert) ? (keyName, certName) : (certName, keyName);
            problems.Add(new SettingProblem(missing, $"is missing: {given} is of no use without it"));
        }
        else if (cert is not null && key is not null && problems.Count == before)
        {
            CheckPair(cert, key, settings.Options.ContainsKey("ssl.key.password"), certName, keyName, problems);
        }

        List<CertificateEnd> ends = [.. caEnds.Count == 0 ? [] : new[] { new CertificateEnd(caName, caEnds.Max()) }, .. certEnds.Count == 0 ? [] : new[] { new CertificateEnd(certName, certEnds.Min()) }];
        return new TlsMaterial(ca, caEnds.Count, cert, key) { Ends = ends };
    }

    private static bool IsSet(string? value) => !string.IsNullOrWhiteSpace(value);

    private static string? Normalise(string? value, string name, List<SettingProblem> problems)
    {
        if (!IsSet(value))
        {
            return null;
        }

        if (PemText.TryNormalise(value!, out string? pem))
        {
            return pem;
        }

        problems.Add(new SettingProblem(name, "is not PEM: it must hold -----BEGIN ...----- to -----END ...-----, with real line ends, with \\n, or all of it in base64"));
        return null;
    }

    private static List<DateTimeOffset> ReadEnds(string pem, string name, List<SettingProblem> problems)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
            if (certificates.Count == 0)
            {
                problems.Add(new SettingProblem(name, "holds no certificate (-----BEGIN CERTIFICATE-----)"));
            }

            return [.. certificates.Select(certificate => new DateTimeOffset(certificate.NotAfter))];
        }
        catch (CryptographicException)
        {
            problems.Add(new SettingProblem(name, "holds a certificate that cannot be read: it may be cut off or have lost its line ends"));
            return [];
        }
        finally
        {
            foreach (var certificate in certificates)
            {
                certificate.Dispose();
            }
        }
    }

    private static void CheckPair(string cert, string key, bool hasPassword, string certName, string keyName, List<SettingProblem> problems)
    {
        if (key.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            if (!hasPassword)
            {
                problems.Add(new SettingProblem(keyName, "is encrypted: give its password as PENSTOCK_KAFKA_SSL_KEY_PASSWORD"));
            }

            return;
        }

        try
        {
            using var pair = X509Certificate2.CreateFromPem(cert, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // ArgumentException: both can be read and do not match.
            problems.Add(new SettingProblem(keyName, $"does not belong to {certName}, or cannot be read: both come from the same attachment and change together"));
        }
    }
}
