using Penstock.Servers;

namespace Penstock.EndToEnd.Security;

/// <summary>Passwords and keys stand in the environment, which is the platform's, and in nothing that the program writes or shows.</summary>
public class SecretsTests
{
    private const string Password = "p4ss-w0rd/secret";

    [KafkaFact]
    public async Task No_password_and_no_key_is_in_the_log_the_command_line_the_health_the_state_or_an_error()
    {
        await using var scene = await PipelineScene.CreateAsync(
            new PostgresServerOptions { ClientAuthentication = ["host all secretive 127.0.0.1/32 scram-sha-256", "host replication secretive 127.0.0.1/32 scram-sha-256", "host all postgres 127.0.0.1/32 trust"] },
            new KafkaClusterOptions { Heroku = true });
        await scene.ExecuteAsync($"CREATE ROLE secretive SUPERUSER LOGIN PASSWORD '{Password}'; CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)");
        foreach (var (name, value) in scene.Kafka.Environment.Where(pair => pair.Key is "KAFKA_URL" or "KAFKA_PREFIX" or "KAFKA_TRUSTED_CERT" or "KAFKA_CLIENT_CERT" or "KAFKA_CLIENT_CERT_KEY"))
        {
            scene.Settings[name] = value;
        }

        await scene.Kafka.CreateTopicAsync($"{scene.Kafka.Environment.GetValueOrDefault("KAFKA_PREFIX", "")}{scene.Name}.public.a");
        int port = FreePort.Find();
        scene.Settings["DATABASE_URL"] = scene.Postgres.Url(scene.Database, "secretive", Password);
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.a";
        scene.Settings["LOG_LEVEL"] = "debug";
        scene.Settings["PORT"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string[] key = scene.Settings["KAFKA_CLIENT_CERT_KEY"].Replace("\\n", "\n", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string encoded = Uri.EscapeDataString(Password);
        string[] secrets = [Password, encoded, encoded.ToLowerInvariant(), .. key.Where(line => line.Length > 20 && !line.StartsWith('-'))];
        Assert.True(secrets.Length > 10);
        await using (var process = await scene.StartStreamingAsync())
        {
            await scene.ExecuteAsync("INSERT INTO a VALUES (2)");
            AssertNone("the command line", await File.ReadAllTextAsync($"/proc/{process.Id}/cmdline"));
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
            foreach (string path in new[] { "health", "livez", "readyz", "metrics", "" })
            {
                using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/{path}"));
                AssertNone(path, await response.Content.ReadAsStringAsync());
            }

            // What the server shows of the sessions, and what the pipeline keeps there.
            AssertNone("pg_stat_activity", (await scene.ScalarAsync<string>("SELECT string_agg(a::text, ' ') FROM pg_stat_activity a WHERE usename = 'secretive'"))!);
            AssertNone("the state", (await scene.ScalarAsync<string>("SELECT schema_to_xml('penstock', true, false, '')::text"))!);
            await scene.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'secretive'");
            await process.WaitForLineAsync("interrupted|broke|terminat", TimeSpan.FromSeconds(30));
            Assert.Equal(0, await process.StopAsync(TimeSpan.FromSeconds(20)));
            Assert.Contains(process.Lines, line => line.Contains("level=debug", StringComparison.Ordinal));
            AssertNone("the log", Output(process));
        }

        await using (var check = scene.Start("check"))
        {
            await check.WaitForExitAsync(TimeSpan.FromSeconds(60));
            Assert.Contains(check.Lines, line => line.Contains("secretive", StringComparison.Ordinal));
            AssertNone("what check shows", Output(check));
        }

        string database = scene.Settings["DATABASE_URL"];
        foreach (var (name, value) in new[]
        {
            ("DATABASE_URL", database + "?sslmode=no"), ("DATABASE_URL", database.Replace(encoded, Password, StringComparison.Ordinal)), ("DATABASE_URL", database.Replace("@127", "127", StringComparison.Ordinal)),
            ("DATABASE_URL", database[11..]), ("DATABASE_URL", database.Replace(encoded, encoded + "%", StringComparison.Ordinal)), ("DATABASE_URL", database.Replace(encoded, encoded + "x", StringComparison.Ordinal)),
            ("DATABASE_URL", $"host=127.0.0.1 password={Password}"), ("DATABASE_URL", database + $"?password={encoded}"),
            ("KAFKA_CLIENT_CERT_KEY", string.Join('\n', key[..^3])), ("KAFKA_CLIENT_CERT_KEY", key[1]), ("KAFKA_URL", $"kafka://me:{Password}@127.0.0.1:1"), ("KAFKA_URL", $"kafka://me:{encoded}@127.0.0.1"),
            ("PENSTOCK_KAFKA_SASL_PASSWORD", Password), ("PENSTOCK_KAFKA_SSL_KEY_PASSWORD", Password), ("PENSTOCK_DATABASE_PASSWORD", Password), ("PENSTOCK_LINGER_MS", Password), ("PENSTOCK_KAFKA_SASL_JAAS_CONFIG", Password),
        })
        {
            string? right = scene.Settings.GetValueOrDefault(name);
            scene.Settings[name] = value;
            await using var refused = scene.Start("check");
            await refused.WaitForExitAsync(TimeSpan.FromSeconds(60));
            AssertNone($"the answer to {name} as {value.Replace(Password, "PASSWORD", StringComparison.Ordinal)}", Output(refused));
            if (right is null)
            {
                scene.Settings.Remove(name);
            }
            else
            {
                scene.Settings[name] = right;
            }
        }

        static string Output(PipelineProcess process) => string.Join('\n', process.Lines.Concat(process.ErrorLines));

        void AssertNone(string where, string text) => Assert.True(!secrets.Any(secret => text.Contains(secret, StringComparison.Ordinal)), $"a secret is in {where}");
    }
}
