using Penstock.Servers;

namespace Penstock.PostgresTests.Wal;

/// <summary>A server with TLS, an impatient walsender, and a role for each way of getting in.</summary>
public sealed class WalServer : IAsyncLifetime
{
    public const string Password = "s:e/c r@t";

    public PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await PostgresServer.CreateAsync(new PostgresServerOptions
        {
            Tls = true,
            Settings = new Dictionary<string, string> { ["wal_sender_timeout"] = "2s", ["max_replication_slots"] = "40" },
            ClientAuthentication =
            [
                "host all scram_user 127.0.0.1/32 scram-sha-256", "host replication scram_user 127.0.0.1/32 scram-sha-256",
                "host all md5_user 127.0.0.1/32 md5", "host replication md5_user 127.0.0.1/32 md5",
                "host all plain_user 127.0.0.1/32 password", "host replication plain_user 127.0.0.1/32 password",
                "hostssl all tls_user 127.0.0.1/32 trust", "hostssl replication tls_user 127.0.0.1/32 trust",
                "host all postgres 127.0.0.1/32 trust", "host replication postgres 127.0.0.1/32 trust",
            ],
        });
        await Server.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, body text); CREATE PUBLICATION p FOR TABLE t; CREATE TABLE other (id int)");
        foreach (string user in new[] { "scram_user", "md5_user", "plain_user", "tls_user" })
        {
            string encryption = user == "md5_user" ? "md5" : "scram-sha-256";
            await Server.ExecuteAsync($"SET password_encryption = '{encryption}'; CREATE ROLE {user} LOGIN REPLICATION PASSWORD '{Password}'");
        }
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
