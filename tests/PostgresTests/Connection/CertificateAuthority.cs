using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Penstock.PostgresTests.Connection;

/// <summary>An authority of a test's own, which signs certificates for servers, clients and authorities under it. All are PEM files in one folder.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private readonly string _folder;
    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(string folder, string name, X509Certificate2 certificate)
    {
        _folder = folder;
        _certificate = certificate;
        File.WriteAllText(PathOf(folder, name, "crt"), certificate.ExportCertificatePem());
        CertificateFile = PathOf(folder, name, "crt");
    }

    public string CertificateFile { get; }

    public static CertificateAuthority Create(string folder, string name)
    {
        using var key = RSA.Create(2048);
        using var own = Request(name, key, isAuthority: true).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
        return new CertificateAuthority(folder, name, X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable));
    }

    /// <summary>An authority that this one has signed.</summary>
    public CertificateAuthority CreateIntermediate(string name)
    {
        using var key = RSA.Create(2048);
        using var signed = Sign(Request(name, key, isAuthority: true), DateTimeOffset.UtcNow.AddDays(1));
        using var withKey = signed.CopyWithPrivateKey(key);
        return new CertificateAuthority(_folder, name, X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable));
    }

    /// <summary>A certificate and its key.</summary>
    /// <param name="commonName">For a client the user's name.</param>
    /// <param name="hosts">For a server: the names that it is made out to.</param>
    /// <param name="password">Of the key; null for a key that is not encrypted.</param>
    /// <param name="elliptic">A key on a curve instead of RSA.</param>
    /// <param name="isExpired">It was valid until yesterday.</param>
    public (string CertificateFile, string KeyFile) Issue(string commonName, string[]? hosts = null, string? password = null, bool elliptic = false, bool isExpired = false)
    {
        using AsymmetricAlgorithm key = elliptic ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(2048);
        var request = key is ECDsa curve ? new CertificateRequest($"CN={commonName}", curve, HashAlgorithmName.SHA256) : Request(commonName, (RSA)key, isAuthority: false);
        if (hosts is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (string host in hosts)
            {
                names.AddDnsName(host);
            }

            request.CertificateExtensions.Add(names.Build());
        }

        using var signed = Sign(request, isExpired ? DateTimeOffset.UtcNow.AddDays(-1) : DateTimeOffset.UtcNow.AddDays(1));
        string name = $"{commonName}-{Guid.NewGuid():N}";
        File.WriteAllText(PathOf(_folder, name, "crt"), signed.ExportCertificatePem());
        File.WriteAllText(
            PathOf(_folder, name, "key"),
            password is null ? key.ExportPkcs8PrivateKeyPem() : key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10_000)));
        return (PathOf(_folder, name, "crt"), PathOf(_folder, name, "key"));
    }

    public void Dispose() => _certificate.Dispose();

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset until) => request.Create(
        _certificate.SubjectName, X509SignatureGenerator.CreateForRSA(_certificate.GetRSAPrivateKey()!, RSASignaturePadding.Pkcs1), DateTimeOffset.UtcNow.AddDays(-2).AddMinutes(1), until, RandomNumberGenerator.GetBytes(12));

    private static CertificateRequest Request(string name, RSA key, bool isAuthority)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        return request;
    }

    private static string PathOf(string folder, string name, string extension) => Path.Combine(folder, $"{name}.{extension}");
}
