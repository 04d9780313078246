using Npgsql;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal.Socket;

namespace Penstock.PostgresTests.Connection;

/// <summary>libpq's table of <c>sslmode</c> (manual, "Protection Provided in Different Modes") on a real server, for both ways in: the driver's, of the catalogue and the snapshot, and the stream's own.</summary>
public sealed class TlsTests(TlsServer fixture) : IClassFixture<TlsServer>
{
    private static readonly string[] Ways = ["driver", "stream", "driver's stream"];

    [Theory]
    // Whether TLS is used.
    [InlineData("postgres", "localhost", "sslmode=disable", false)]
    [InlineData("postgres", "localhost", "sslmode=allow", false)]
    [InlineData("tls_only", "localhost", "sslmode=allow", true)]
    [InlineData("plain_only", "localhost", "sslmode=allow", false)]
    [InlineData("postgres", "localhost", "sslmode=prefer", true)]
    [InlineData("plain_only", "localhost", "sslmode=prefer", false)]
    [InlineData("postgres", "127.0.0.1", "sslmode=require", true)]
    // A certificate of the authority, seen through the intermediate one.
    [InlineData("postgres", "127.0.0.1", "sslmode=verify-ca&sslrootcert={authority}", true)]
    [InlineData("postgres", "127.0.0.1", "sslmode=require&sslrootcert={authority}", true)]
    [InlineData("postgres", "localhost", "sslmode=verify-full&sslrootcert={authority}", true)]
    public void Each_mode_gets_in(string user, string host, string query, bool tls)
    {
        foreach (string way in Ways)
        {
            Assert.Equal((way, tls), (way, IsEncrypted(way, fixture.Url(user, query, host))));
        }
    }

    [Theory]
    [InlineData("tls_only", "localhost", "sslmode=disable", "no pg_hba.conf entry")]
    [InlineData("plain_only", "localhost", "sslmode=require", "no pg_hba.conf entry")]
    [InlineData("postgres", "127.0.0.1", "sslmode=verify-full&sslrootcert={authority}", "certificate")]
    [InlineData("postgres", "localhost", "sslmode=verify-full&sslrootcert={stranger}", "certificate")]
    [InlineData("postgres", "localhost", "sslmode=verify-ca&sslrootcert={stranger}", "certificate")]
    [InlineData("postgres", "localhost", "sslmode=require&sslrootcert={stranger}", "certificate")]
    [InlineData("postgres", "localhost", "sslmode=verify-full&sslrootcert=system", "certificate")]
    [InlineData("postgres", "localhost", "sslmode=verify-ca", "certificate")]
    [InlineData("cert_user", "localhost", "sslmode=disable", "no pg_hba.conf entry")]
    [InlineData("cert_user", "localhost", "sslmode=require", "certificate")]
    public void Each_mode_keeps_out_what_it_should(string user, string host, string query, string said) => AssertRefused(fixture.Url(user, query, host), said);

    [Fact]
    public void A_server_whose_certificate_has_expired_is_refused_where_it_is_looked_at()
    {
        using var server = new ImpostorServer(fixture.Authority.Issue("expired", ["localhost"], isExpired: true));
        foreach (string way in Ways)
        {
            var refused = Assert.Throws<DatabaseException>(() => IsEncrypted(way, fixture.Url("postgres", "sslmode=verify-ca&sslrootcert={authority}") with { Port = server.Port }));
            Assert.Equal(FailureClass.Preflight, refused.Failure);
            Assert.Contains("certificate", refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData("s3cret of the key", false)]
    public void A_client_is_known_by_its_certificate(string? password, bool elliptic)
    {
        var (certificate, key) = fixture.Authority.Issue("cert_user", password: password, elliptic: elliptic);
        var url = fixture.Url("cert_user", "sslmode=verify-full&sslrootcert={authority}") with { CertificateFile = certificate, KeyFile = key, KeyPassword = password };
        foreach (string way in Ways)
        {
            Assert.Equal((way, true), (way, IsEncrypted(way, url)));
        }
    }

    [Fact]
    public void Client_certificates_of_other_users_of_strangers_and_without_their_key_are_refused_in_words()
    {
        var (certificate, key) = fixture.Authority.Issue("cert_user", password: "s3cret of the key");
        var (_, otherKey) = fixture.Authority.Issue("cert_user");
        var (otherCertificate, itsKey) = fixture.Authority.Issue("somebody_else");
        var (strange, strangeKey) = fixture.Stranger.Issue("cert_user");
        string rubbish = Path.Combine(fixture.Folder, "rubbish.pem");
        File.WriteAllText(rubbish, "rubbish");
        var url = fixture.Url("cert_user", "sslmode=require");
        AssertRefused(url with { CertificateFile = otherCertificate, KeyFile = itsKey }, "cert_user");
        AssertRefused(url with { CertificateFile = strange, KeyFile = strangeKey }, "certificate");
        foreach (var unusable in new[] { (certificate, otherKey, (string?)null), (certificate, key, null), (certificate, key, "wrong"), (rubbish, otherKey, null), (certificate, rubbish, null), (certificate, Path.Combine(fixture.Folder, "gone.key"), null) })
        {
            AssertRefused(url with { CertificateFile = unusable.Item1, KeyFile = unusable.Item2, KeyPassword = unusable.Item3 }, "sslcert");
        }
    }

    [Fact]
    public void A_file_of_authorities_that_cannot_be_read_is_said()
    {
        string rubbish = Path.Combine(fixture.Folder, "authorities.pem");
        File.WriteAllText(rubbish, "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n");
        AssertRefused(fixture.Url("postgres", "sslmode=verify-full") with { RootCertificateFile = rubbish }, "sslrootcert");
        File.WriteAllText(rubbish, "");
        AssertRefused(fixture.Url("postgres", "sslmode=verify-full") with { RootCertificateFile = rubbish }, "sslrootcert");
    }

    private static void AssertRefused(DatabaseUrl url, string said)
    {
        foreach (string way in Ways)
        {
            // TLS 1.3 refuses a client's certificate after the client's handshake is over: the server's words can be overtaken by its reset, and then the program too tries again.
            Exception? thrown = null;
            for (int attempt = 0; attempt < 20 && (thrown is null or DatabaseException { Failure: FailureClass.Unavailable }); attempt++)
            {
                thrown = Record.Exception(() => IsEncrypted(way, url));
                Assert.True(thrown is not null, $"{way}: let in");
            }

            var refused = thrown as DatabaseException;
            Assert.True(refused is not null, $"{way}: {thrown?.ToString() ?? "let in"}");
            Assert.True(refused.Failure == FailureClass.Preflight, $"{way}: {refused.Message} {refused.InnerException}");
            Assert.Contains(said, refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);
        }
    }

    /// <summary>Gets in, and asks the server what it sees.</summary>
    private static bool IsEncrypted(string way, DatabaseUrl url)
    {
        using var database = new SourceDatabase(url);
        switch (way)
        {
            case "driver":
                {
                    using var connection = database.OpenOwn();
                    using var command = new NpgsqlCommand("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", connection);
                    return command.ExecuteScalar() is true;
                }

            case "stream":
                {
                    using var session = database.Translated(() => ReplicationSession.Open(url, database.ReplicationOptions(0)));
                    session.Execute("IDENTIFY_SYSTEM");
                    return session.Socket.IsEncrypted;
                }

            default:
                {
                    var replication = database.OpenReplication();
                    try
                    {
                        // The driver does not tell of it; the address of the server's session does.
                        using var connection = database.OpenOwn();
                        using var command = new NpgsqlCommand("SELECT ssl FROM pg_stat_ssl WHERE pid = $1", connection) { Parameters = { new NpgsqlParameter { Value = replication.ProcessID } } };
                        return command.ExecuteScalar() is true;
                    }
                    finally
                    {
                        replication.DisposeAsync().AsTask().GetAwaiter().GetResult();
                    }
                }
        }
    }
}
