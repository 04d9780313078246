using Penstock.Servers;

namespace Penstock.EndToEnd.Security;

/// <summary>The password for a broker that asks for one stands in the environment, which is the operator's, and in nothing that the program writes or shows.</summary>
public class BrokerSecretsTests
{
    private const string Password = "br0ker-p4ss-w0rd";

    /// <summary>SASL/PLAIN sends it so; a trace of bytes would show it like this.</summary>
    private static readonly string[] Secrets = [Password, Convert.ToBase64String("\0penstock\0br0ker-p4ss-w0rd"u8)];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [KafkaFact]
    public async Task The_brokers_password_is_in_no_output_health_command_line_or_table_right_or_wrong()
    {
        await using var scene = await PipelineScene.CreateAsync(null, new KafkaClusterOptions { SaslUser = ("penstock", Password), AutoCreateTopics = false });
        await scene.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY)");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.a");
        int port = FreePort.Find();
        foreach (var (name, value) in new[]
        {
            ("KAFKA_URL", $"127.0.0.1:{scene.Kafka.SaslPort}"), ("PENSTOCK_KAFKA_SECURITY_PROTOCOL", "sasl_plaintext"), ("PENSTOCK_KAFKA_SASL_MECHANISM", "PLAIN"), ("PENSTOCK_KAFKA_SASL_USERNAME", "penstock"),
            ("PENSTOCK_KAFKA_SASL_PASSWORD", Password), ("PENSTOCK_KAFKA_DEBUG", "all"), ("LOG_LEVEL", "debug"), ("PENSTOCK_HTTP", $"{port}"), ("PENSTOCK_TABLE_INCLUDE_LIST", "public.a"),
        })
        {
            scene.Settings[name] = value;
        }

        await using (var process = await scene.StartStreamingAsync())
        {
            await scene.ExecuteAsync("INSERT INTO a VALUES (1)");
            Assert.True(await scene.WaitUntilConfirmedAsync(Limit), process.LastLines());
            AssertNone("the command line", await File.ReadAllTextAsync($"/proc/{process.Id}/cmdline"));
            AssertNone("the state", (await scene.ScalarAsync<string>("SELECT schema_to_xml('penstock', true, false, '')::text"))!);
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
            foreach (string path in new[] { "healthz", "livez", "readyz" })
            {
                using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/{path}"));
                AssertNone(path, await response.Content.ReadAsStringAsync());
            }

            Assert.Equal(0, await process.StopAsync(Limit));
            Assert.Contains(process.Lines, line => line.Contains("SASL", StringComparison.Ordinal));
            AssertNone("the log", Output(process));
        }

        // The broker knows another password: what is refused is as secret as what is right.
        scene.Settings["PENSTOCK_KAFKA_SASL_PASSWORD"] = $"{Password}-of-yesterday";
        await using (var wrong = scene.Start())
        {
            await wrong.WaitForLineAsync("PENSTOCK_KAFKA_SASL_USERNAME", Limit);
            AssertNone("the log of a refused password", Output(wrong));
        }

        await using (var check = scene.Start("check"))
        {
            Assert.NotEqual(0, await check.WaitForExitAsync(Limit));
            AssertNone("what check says of a refused password", Output(check));
        }

        scene.Settings["PENSTOCK_KAFKA_SASL_PASSWORD"] = Password;
        foreach (string name in new[] { "PENSTOCK_KAFKA_SASL_PASSWRD", "PENSTOCK_KAFKA_SASL_MECHANISM", "PENSTOCK_KAFKA_SECURITY_PROTOCOL", "PENSTOCK_KAFKA_PASSWORD", "PENSTOCK_KAFKA_LINGER_MS" })
        {
            string? right = scene.Settings.GetValueOrDefault(name);
            scene.Settings[name] = Password;
            await using var mistyped = scene.Start();
            Assert.Equal(2, await mistyped.WaitForExitAsync(Limit));
            Assert.Contains(name, Output(mistyped), StringComparison.Ordinal);
            AssertNone($"the answer to {name}", Output(mistyped));
            scene.Settings.Remove(name);
            if (right is not null)
            {
                scene.Settings[name] = right;
            }
        }
    }

    [KafkaFact]
    public async Task A_mechanism_without_its_password_is_a_wrong_setting()
    {
        await using var process = PipelineProcess.Start(
            new Dictionary<string, string>
            {
                ["DATABASE_URL"] = "postgres://u:p@127.0.0.1:1/d",
                ["KAFKA_URL"] = "127.0.0.1:1",
                ["PENSTOCK_KAFKA_SASL_MECHANISM"] = "PLAIN",
                ["PENSTOCK_KAFKA_SASL_USERNAME"] = "penstock",
            },
            ["run"]);
        Assert.Equal(2, await process.WaitForExitAsync(Limit));
        Assert.Contains("PENSTOCK_KAFKA_SASL_MECHANISM is PLAIN, which needs PENSTOCK_KAFKA_SASL_PASSWORD", Output(process), StringComparison.Ordinal);
    }

    private static string Output(PipelineProcess process) => string.Join('\n', process.Lines);

    private static void AssertNone(string where, string text)
    {
        string? line = text.Split('\n').FirstOrDefault(line => Secrets.Any(secret => line.Contains(secret, StringComparison.Ordinal)));
        Assert.True(line is null, $"a secret is in {where}: {line}");
    }
}
