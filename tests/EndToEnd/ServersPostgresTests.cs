using System.Globalization;
using Npgsql;
using Penstock.Servers;

namespace Penstock.EndToEnd;

public class ServersPostgresTests
{
    [Fact]
    public async Task A_server_is_ready_for_logical_decoding_and_leaves_nothing_behind()
    {
        string folder;
        int postmaster;
        await using (PostgresServer server = await PostgresServer.CreateAsync(new PostgresServerOptions { Settings = new Dictionary<string, string> { ["work_mem"] = "5MB" } }))
        {
            Assert.Equal("logical|UTF8|UTC|5MB", await server.ScalarAsync<string>(
                "select concat_ws('|', current_setting('wal_level'), current_setting('server_encoding'), current_setting('timezone'), current_setting('work_mem'))"));
            folder = server.DataFolder;
            postmaster = server.ProcessId ?? 0;
            Assert.True(ProcessFigures.PeakMemoryBytes(postmaster) > 1_000_000);
        }
        Assert.False(Directory.Exists(folder));
        Assert.False(ProcessFigures.Runs(postmaster));
    }

    [Fact]
    public async Task What_was_committed_is_there_after_a_kill_and_a_start_on_the_same_port()
    {
        await using PostgresServer server = await PostgresServer.CreateAsync();
        int port = server.Port;
        await server.ExecuteAsync("create table t (id int); insert into t select generate_series(1, 100)");
        await server.KillAsync();
        Assert.Null(server.ProcessId);
        await server.StartAsync();
        Assert.Equal(100L, await server.ScalarAsync<long>("select count(*) from t"));
        await server.RestartAsync(PostgresStop.Immediate);
        Assert.Equal(100L, await server.ScalarAsync<long>("select count(*) from t"));
        Assert.Equal(port, server.Port);
    }

    [Fact]
    public async Task A_paused_server_answers_nothing_until_it_continues()
    {
        await using PostgresServer server = await PostgresServer.CreateAsync();
        await using NpgsqlConnection connection = new(server.ConnectionString());
        await connection.OpenAsync();
        await using NpgsqlCommand command = new("select 1", connection);
        server.Pause();
        Task<object?> answer = command.ExecuteScalarAsync();
        await Task.Delay(300);
        Assert.False(answer.IsCompleted);
        server.Continue();
        Assert.Equal(1, await answer.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Passwords_and_certificates_are_asked_for_where_a_test_wants_them()
    {
        await using PostgresServer server = await PostgresServer.CreateAsync(new PostgresServerOptions { Tls = true });
        await server.ExecuteAsync("create role reader login password 'right'");
        await server.SetClientAuthenticationAsync(["hostssl all reader 127.0.0.1/32 scram-sha-256", "host all postgres 127.0.0.1/32 trust"]);
        NpgsqlConnectionStringBuilder settings = new(server.ConnectionString(user: "reader"))
        {
            SslMode = SslMode.VerifyFull,
            RootCertificate = server.CertificatePath,
            Password = "wrong",
        };
        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(() => OpenAsync(settings));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
        settings.Password = "right";
        await OpenAsync(settings);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"postgres://reader:right@127.0.0.1:{server.Port}/db"), server.Url("db", "reader", "right"));
    }

    private static async Task OpenAsync(NpgsqlConnectionStringBuilder settings)
    {
        await using NpgsqlConnection connection = new(settings.ConnectionString);
        await connection.OpenAsync();
    }
}
