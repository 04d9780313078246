using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Penstock.Servers;

namespace Penstock.EndToEnd.Sink;

/// <summary>The sink at brokers that want a client certificate, or a name and a password: run, check and status, right and wrong.</summary>
public class BrokerSecurityTests
{
    private const string Password = "br0ker-p4ss-w0rd";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [KafkaTheory]
    [InlineData("table")]
    [InlineData("transaction")]
    public async Task Rows_come_over_mutual_TLS_with_the_rights_of_a_prefix(string apply)
    {
        await using var scene = await PipelineScene.CreateAsync(null, new KafkaClusterOptions { Heroku = true });
        Dictionary<string, string> broker = scene.Kafka.Environment.Where(pair => pair.Key is "KAFKA_URL" or "KAFKA_PREFIX" or "KAFKA_TRUSTED_CERT" or "KAFKA_CLIENT_CERT" or "KAFKA_CLIENT_CERT_KEY").ToDictionary();
        await CopyAsync(scene, broker, broker["KAFKA_PREFIX"], apply);

        // A certificate authority that did not sign the broker's certificate.
        using var key = RSA.Create(2048);
        using var stranger = new CertificateRequest("CN=stranger", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        broker["KAFKA_TRUSTED_CERT"] = stranger.ExportCertificatePem();
        await AssertRefusedAsync(scene, broker, apply, "KAFKA_TRUSTED_CERT");
    }

    [KafkaFact]
    public async Task Rows_come_for_the_user_of_SASL_and_a_wrong_password_is_said_and_not_shown()
    {
        await using var scene = await PipelineScene.CreateAsync(null, new KafkaClusterOptions { SaslUser = ("penstock", Password), AutoCreateTopics = false });
        var broker = new Dictionary<string, string>
        {
            ["KAFKA_URL"] = $"127.0.0.1:{scene.Kafka.SaslPort}",
            ["PENSTOCK_KAFKA_SECURITY_PROTOCOL"] = "sasl_plaintext",
            ["PENSTOCK_KAFKA_SASL_MECHANISM"] = "PLAIN",
            ["PENSTOCK_KAFKA_SASL_USERNAME"] = "penstock",
            ["PENSTOCK_KAFKA_SASL_PASSWORD"] = Password,
        };
        await CopyAsync(scene, broker, "", "table");
        broker["PENSTOCK_KAFKA_SASL_PASSWORD"] = $"{Password}-of-yesterday";
        await AssertRefusedAsync(scene, broker, "table", "PENSTOCK_KAFKA_SASL_USERNAME");
    }

    /// <summary>Both executables carry rows over such brokers into a second database.</summary>
    private static async Task CopyAsync(PipelineScene scene, Dictionary<string, string> broker, string prefix, string apply)
    {
        await scene.Postgres.ExecuteAsync("CREATE DATABASE copy");
        foreach (string database in new[] { scene.Database, "copy" })
        {
            await scene.Postgres.ExecuteAsync("CREATE TABLE a (id int PRIMARY KEY, n int)", database);
        }

        await scene.Kafka.CreateTopicAsync($"{prefix}{scene.Name}.public.a");
        await scene.Kafka.CreateTopicAsync($"{prefix}{scene.Name}.transaction");
        foreach (var (name, value) in broker)
        {
            scene.Settings[name] = value;
        }

        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.a";
        scene.Settings["PENSTOCK_PROVIDE_TRANSACTION_METADATA"] = "true";
        await using var source = await scene.StartStreamingAsync();
        await using var sink = Start(scene, broker, apply, "run");
        await scene.ExecuteAsync("INSERT INTO a SELECT i, i FROM generate_series(1, 100) i");
        await scene.ExecuteAsync("DELETE FROM a WHERE id > 90");
        for (var until = DateTime.UtcNow + Limit; DateTime.UtcNow < until && await scene.Postgres.ScalarAsync<string>("SELECT count(*) || ' ' || coalesce(max(id), 0) FROM a", "copy") != "90 90"; await Task.Delay(100))
        {
            Assert.False(sink.HasExited, sink.LastLines());
        }

        Assert.Equal("90 90", await scene.Postgres.ScalarAsync<string>("SELECT count(*) || ' ' || max(id) FROM a", "copy"));
        Assert.Equal(0, await sink.StopAsync(Limit));
        await using var check = Start(scene, broker, apply, "check");
        Assert.True(await check.WaitForExitAsync(Limit) == 0, check.LastLines());
        await using var status = Start(scene, broker, apply, "status");
        Assert.True(await status.WaitForExitAsync(Limit) == 0, status.LastLines());
        Assert.Contains($"{prefix}{scene.Name}.public.a", status.LastLines(), StringComparison.Ordinal);
        // The name with and without the prefix; no group is needed, of which the user of the Heroku profile may have those alone that were made for it.
        await using var tail = Start(scene, broker, apply, "tail", $"{scene.Name}.public.a", "--from", "beginning", "--op", "d");
        Assert.True(await tail.WaitForExitAsync(Limit) == 0, tail.LastLines());
        Assert.Equal(10, tail.Lines.Count(line => line.Contains(" d public.a id=", StringComparison.Ordinal)));
        AssertNoSecret(sink, check, status, tail);
    }

    private static async Task AssertRefusedAsync(PipelineScene scene, Dictionary<string, string> broker, string apply, string hint)
    {
        await using var check = Start(scene, broker, apply, "check");
        Assert.NotEqual(0, await check.WaitForExitAsync(Limit));
        Assert.Contains(hint, check.LastLines(), StringComparison.Ordinal);
        await using var run = Start(scene, broker, apply, "run");
        await run.WaitForLineAsync(hint, Limit);
        Assert.DoesNotMatch(@"(?m)^\s+at |Unhandled exception", run.LastLines(200));
        AssertNoSecret(check, run);
    }

    private static PipelineProcess Start(PipelineScene scene, Dictionary<string, string> broker, string apply, params string[] command) => PipelineProcess.Start(
        Repository.KafkaToPostgres(),
        new Dictionary<string, string>(broker)
        {
            ["DATABASE_URL"] = scene.Postgres.Url("copy"),
            ["PENSTOCK_GROUP"] = "copy",
            ["PENSTOCK_APPLY"] = apply,
            ["PENSTOCK_TOPICS"] = $"{scene.Name}.public.a{(apply == "table" ? "" : $",{scene.Name}.transaction")}",
        },
        command);

    private static void AssertNoSecret(params PipelineProcess[] processes) =>
        Assert.All(processes, process => Assert.DoesNotContain(process.Lines, line => line.Contains(Password, StringComparison.Ordinal) || line.Contains("PRIVATE KEY", StringComparison.Ordinal)));
}
