namespace Penstock.Servers;

/// <summary>server.crt and server.key as Postgres wants them, made by openssl.</summary>
internal static class SelfSignedCertificate
{
    public static async Task CreateAsync(string folder, string? owner)
    {
        string key = Path.Combine(folder, "server.key");
        string certificate = Path.Combine(folder, "server.crt");
        TimeSpan limit = TimeSpan.FromSeconds(30);
        await Command.RunAsync(
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-sha256", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ],
            limit).ConfigureAwait(false);
        // Postgres refuses a key that others may read.
        await Command.RunAsync(["chmod", "600", key], limit).ConfigureAwait(false);
        if (owner is not null)
        {
            await Command.RunAsync(["chown", $"{owner}:{owner}", key, certificate], limit).ConfigureAwait(false);
        }
    }
}
