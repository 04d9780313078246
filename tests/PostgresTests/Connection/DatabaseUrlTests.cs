using System.Net;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.PostgresTests.Connection;

public sealed class DatabaseUrlTests
{
    [Theory]
    [InlineData("postgres://u:p@h:5433/d", "u", "p", "h", 5433, "d")]
    [InlineData("postgresql://u:p@h/d", "u", "p", "h", 5432, "d")]
    [InlineData("POSTGRES://u@h", "u", null, "h", 5432, "u")]
    [InlineData("postgres://u:a:b:c@h/d", "u", "a:b:c", "h", 5432, "d")]
    [InlineData("postgres://u:p%40s%2Fs%3Aw%25@h/d", "u", "p@s/s:w%", "h", 5432, "d")]
    [InlineData("postgres://u:p@ss@h/d", "u", "p@ss", "h", 5432, "d")]
    [InlineData("postgres://us%20er:%C3%A9@h/d%2Fb", "us er", "é", "h", 5432, "d/b")]
    [InlineData("postgres://u:p@[2001:db8::1]:5433/d", "u", "p", "2001:db8::1", 5433, "d")]
    [InlineData("postgres://u:p@[::1]/d", "u", "p", "::1", 5432, "d")]
    [InlineData("postgres://u:p@%2Fvar%2Frun/d", "u", "p", "/var/run", 5432, "d")]
    [InlineData("postgres:///d?host=/var/run&port=1234&user=u&password=p", "u", "p", "/var/run", 1234, "d")]
    [InlineData("postgres://u:p@h:/d", "u", "p", "h", 5432, "d")]
    public void Parts_are_found(string text, string user, string? password, string host, int port, string database)
    {
        var url = Parse(text);
        Assert.Equal((user, password, host, port, database), (url.User, url.Password, url.Host, url.Port, url.Database));
        Assert.Equal(host, url.ToConnectionString().Host);
        Assert.DoesNotContain("p@ss", url.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mysql://u:secret@h/d", "postgres://")]
    [InlineData("postgres://h/d", "no user")]
    [InlineData("postgres://u:secret@/d", "no host")]
    [InlineData("postgres://u:secret@h:port/d", "port")]
    [InlineData("postgres://u:secret@h:70000/d", "port")]
    [InlineData("postgres://u:secret%zz@h/d", "%25")]
    [InlineData("postgres://u:secret@h1,h2/d", "several hosts")]
    [InlineData("postgres://u:secret@2001:db8::1/d", "brackets")]
    [InlineData("postgres://u:secret@h/d?sslmode=on", "sslmode 'on'")]
    [InlineData("postgres://u:secret@h/d?sslmod=require", "'sslmod'")]
    [InlineData("postgres://u:secret@h/d?sslmode", "option=value")]
    [InlineData("postgres://u:secret@h/d?sslrootcert=/nowhere.pem", "/nowhere.pem")]
    [InlineData("postgres://u:secret@h/d?connect_timeout=soon", "connect_timeout")]
    [InlineData("postgres://u:secret@h/d?target_session_attrs=standby", "target_session_attrs")]
    public void What_is_wrong_is_said_without_the_password(string text, string expected)
    {
        Assert.False(DatabaseUrl.TryParse(text, _ => null, out var url, out string? error));
        Assert.Null(url);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null, TlsMode.Prefer, SslMode.Prefer)]
    [InlineData("", "web.1", TlsMode.Require, SslMode.Require)]
    [InlineData("?sslmode=disable", "web.1", TlsMode.Disable, SslMode.Disable)]
    [InlineData("?sslmode=allow", null, TlsMode.Allow, SslMode.Allow)]
    [InlineData("?sslmode=verify-ca", null, TlsMode.VerifyCa, SslMode.VerifyCA)]
    [InlineData("?sslmode=verify-full", "web.1", TlsMode.VerifyFull, SslMode.VerifyFull)]
    [InlineData("?ssl=true", null, TlsMode.Require, SslMode.Require)]
    [InlineData("?sslmode=require&sslrootcert=system", null, TlsMode.VerifyFull, SslMode.VerifyFull)]
    public void Sslmode_means_what_it_means_to_libpq(string query, string? dyno, TlsMode effective, SslMode driver)
    {
        Assert.True(DatabaseUrl.TryParse($"postgres://u:p@h/d{query}", name => name == "DYNO" ? dyno : null, out var url, out string? error), error);
        Assert.Equal(effective, url!.EffectiveTls);
        Assert.Equal(driver, url.ToConnectionString().SslMode);
    }

    [Fact]
    public void Require_with_a_root_certificate_verifies_the_authority()
    {
        string file = Path.GetTempFileName();
        try
        {
            var url = Parse($"postgres://u:p@h/d?sslmode=require&sslrootcert={Uri.EscapeDataString(file)}");
            Assert.Equal(TlsMode.VerifyCa, url.EffectiveTls);
            Assert.Equal(file, url.ToConnectionString().RootCertificate);
            Assert.Null(Parse($"postgres://u:p@h/d?sslmode=prefer&sslrootcert={Uri.EscapeDataString(file)}").ToConnectionString().RootCertificate);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Property]
    public Property Any_user_password_and_database_survive_percent_encoding() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonEmptyString>().Generator.Three().ToArbitrary(),
        parts =>
        {
            // Lone surrogates and zero bytes are no text that Postgres could have stored.
            string Clean(string text) => new([.. text.Where(c => c != '\0' && !char.IsSurrogate(c)).DefaultIfEmpty('x')]);
            var (user, password, database) = (Clean(parts.Item1.Get), Clean(parts.Item2.Get), Clean(parts.Item3.Get));
            var url = Parse($"postgres://{WebUtility.UrlEncode(user).Replace("+", "%20", StringComparison.Ordinal)}:{Uri.EscapeDataString(password)}@h/{Uri.EscapeDataString(database)}");
            return url.User == user && url.Password == password && url.Database == database;
        });

    [Property]
    public bool No_text_makes_the_parser_throw(string? text)
    {
        bool parsed = DatabaseUrl.TryParse("postgres://" + text, _ => null, out var url, out string? error);
        return parsed ? url is not null : !string.IsNullOrEmpty(error);
    }

    private static DatabaseUrl Parse(string text)
    {
        Assert.True(DatabaseUrl.TryParse(text, _ => null, out var url, out string? error), error);
        return url!;
    }
}
