using Penstock.Postgres.Connection;
using Penstock.Servers;

namespace Penstock.PostgresTests.Connection;

/// <summary>
/// A server whose certificate an authority of the test has signed through an intermediate one, made out to <c>localhost</c> and not to <c>127.0.0.1</c>; it knows clients by certificates of
/// the same authority. Roles: <c>cert_user</c> gets in with a certificate only, <c>tls_only</c> over TLS only, <c>plain_only</c> without TLS only.
/// </summary>
public sealed class TlsServer : IAsyncLifetime, IDisposable
{
    private TemporaryFolder? _folder;

    public PostgresServer Server { get; private set; } = null!;

    internal CertificateAuthority Authority { get; private set; } = null!;

    internal CertificateAuthority Stranger { get; private set; } = null!;

    public string Folder => _folder!.FullPath;

    public async Task InitializeAsync()
    {
        _folder = new TemporaryFolder("tls");
        Authority = CertificateAuthority.Create(Folder, "authority");
        Stranger = CertificateAuthority.Create(Folder, "stranger");
        Server = await PostgresServer.CreateAsync(new PostgresServerOptions
        {
            Tls = true,
            ClientAuthentication =
            [
                "hostssl all cert_user 127.0.0.1/32 cert", "hostssl all tls_only 127.0.0.1/32 trust", "hostnossl all plain_only 127.0.0.1/32 trust", "host all postgres 127.0.0.1/32 trust",
            ],
        });
        foreach (string user in new[] { "cert_user", "tls_only", "plain_only" })
        {
            await Server.ExecuteAsync($"CREATE ROLE {user} LOGIN REPLICATION");
        }

        await Server.ExecuteAsync("ALTER SYSTEM SET ssl_ca_file = 'root.crt'");
        File.Copy(Authority.CertificateFile, Path.Combine(Server.DataFolder, "root.crt"));
        using var intermediate = Authority.CreateIntermediate("intermediate");
        await UseAsync(intermediate.Issue("server", ["localhost"]), intermediate.CertificateFile);
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
    }

    public void Dispose()
    {
        Authority.Dispose();
        Stranger.Dispose();
        _folder?.Dispose();
    }

    internal DatabaseUrl Url(string user, string query, string host = "localhost")
    {
        string text = $"postgres://{user}@{host}:{Server.Port}/postgres?{query.Replace("{authority}", Uri.EscapeDataString(Authority.CertificateFile), StringComparison.Ordinal).Replace("{stranger}", Uri.EscapeDataString(Stranger.CertificateFile), StringComparison.Ordinal)}";
        Assert.True(DatabaseUrl.TryParse(text, _ => null, out var url, out string? error), error);
        return url!;
    }

    /// <summary>Gives the server another certificate; the files keep their owner and their rights.</summary>
    internal async Task UseAsync((string CertificateFile, string KeyFile) certificate, string? intermediate = null)
    {
        string chain = await File.ReadAllTextAsync(certificate.CertificateFile) + "\n" + (intermediate is null ? "" : await File.ReadAllTextAsync(intermediate));
        await File.WriteAllTextAsync(Server.CertificatePath, chain);
        await File.WriteAllTextAsync(Path.Combine(Server.DataFolder, "server.key"), await File.ReadAllTextAsync(certificate.KeyFile));
        await Server.RestartAsync();
    }
}
