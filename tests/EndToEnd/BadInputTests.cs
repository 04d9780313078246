using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>Each thing that can be wrong at the start: one readable message that says what, where and what to type next; the right exit code; no stack trace.</summary>
public class BadInputTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private const string Orders = "CREATE TABLE orders (id int PRIMARY KEY, note text)";

    [KafkaFact]
    public async Task A_wrong_password()
    {
        var pipeline = await fixture.PrepareAsync(Orders, "public.orders");
        await pipeline.ExecuteAsync("CREATE ROLE scram_user LOGIN REPLICATION PASSWORD 'right'");
        pipeline.With("DATABASE_URL", fixture.Scene.Postgres.Url(pipeline.Name, "scram_user", "wr0ng-s3cret"));
        var (exit, output) = await pipeline.RunToEndAsync();
        Assert.Equal(3, exit);
        Assert.Contains("password", output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("scram_user", output, StringComparison.Ordinal);
        Assert.Contains("DATABASE_URL", output, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-s3cret", output, StringComparison.Ordinal);
        await pipeline.ExecuteAsync("DROP ROLE scram_user");
    }

    [KafkaFact]
    public async Task No_such_database()
    {
        var pipeline = await fixture.PrepareAsync(Orders, "public.orders");
        pipeline.With("DATABASE_URL", fixture.Scene.Postgres.Url("nowhere"));
        var (exit, output) = await pipeline.RunToEndAsync();
        Assert.Equal(3, exit);
        Assert.Contains("nowhere", output, StringComparison.Ordinal);
        Assert.Contains("DATABASE_URL", output, StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task No_right_to_replicate()
    {
        var pipeline = await fixture.PrepareAsync($"{Orders}; CREATE ROLE plain_{Environment.ProcessId} LOGIN; GRANT SELECT ON orders TO plain_{Environment.ProcessId}", "public.orders");
        pipeline.With("DATABASE_URL", fixture.Scene.Postgres.Url(pipeline.Name, $"plain_{Environment.ProcessId}"));
        var (exit, output) = await pipeline.RunToEndAsync();
        Assert.Equal(3, exit);
        Assert.Contains("REPLICATION", output, StringComparison.Ordinal);
        Assert.Contains("ALTER ROLE", output, StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task A_table_that_does_not_exist()
    {
        var pipeline = await fixture.PrepareAsync(Orders, "public.orders");
        pipeline.With("PENSTOCK_TABLE_INCLUDE_LIST", "public.orders,public.ordes");
        var (exit, output) = await pipeline.RunToEndAsync();
        Assert.Equal(3, exit);
        Assert.Contains("public.ordes", output, StringComparison.Ordinal);
        Assert.Contains("PENSTOCK_TABLE_INCLUDE_LIST", output, StringComparison.Ordinal);
        Assert.Equal(0L, await pipeline.ScalarAsync<long>("SELECT count(*) FROM pg_publication"));
    }

    [KafkaFact]
    public async Task A_table_without_a_replica_identity()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE log_lines (at timestamptz, line text)", "public.log_lines");
        var (exit, output) = await pipeline.RunToEndAsync();
        Assert.Equal(3, exit);
        Assert.Contains("log_lines", output, StringComparison.Ordinal);
        Assert.Contains("REPLICA IDENTITY FULL", output, StringComparison.Ordinal);
        Assert.Equal(0L, await pipeline.ScalarAsync<long>("SELECT count(*) FROM pg_publication"));
    }

    [KafkaFact]
    public async Task A_slot_that_is_active_elsewhere()
    {
        var pipeline = await fixture.PrepareAsync(Orders, "public.orders");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data");
        await using var first = await pipeline.StartStreamingAsync();
        pipeline.With("PENSTOCK_SLOT_MAX_RETRIES", "1").With("PENSTOCK_SLOT_RETRY_DELAY_MS", "200");
        var (exit, output) = await pipeline.RunToEndAsync();
        Assert.Equal(4, exit);
        Assert.Contains("active", output, StringComparison.Ordinal);
        Assert.Contains(pipeline.Name, output, StringComparison.Ordinal);
        Assert.Equal(0, await first.StopAsync(TimeSpan.FromSeconds(15)));
    }

    [KafkaFact]
    public async Task A_publication_that_is_missing()
    {
        var pipeline = await fixture.PrepareAsync(Orders, "public.orders");
        pipeline.With("PENSTOCK_PUBLICATION_AUTOCREATE_MODE", "disabled").With("PENSTOCK_PUBLICATION_NAME", "theirs");
        var (exit, output) = await pipeline.RunToEndAsync();
        Assert.Equal(3, exit);
        Assert.Contains("theirs", output, StringComparison.Ordinal);
        Assert.Contains("CREATE PUBLICATION", output, StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task A_publication_that_does_not_cover_a_table_is_said_and_read()
    {
        var pipeline = await fixture.PrepareAsync($"{Orders}; CREATE TABLE other (id int PRIMARY KEY); CREATE PUBLICATION theirs FOR TABLE other", "public.orders");
        pipeline.With("PENSTOCK_PUBLICATION_AUTOCREATE_MODE", "disabled").With("PENSTOCK_PUBLICATION_NAME", "theirs");
        await using var process = await pipeline.StartStreamingAsync();
        string said = Assert.Single(process.Lines, line => line.Contains("does not cover a table: public.orders", StringComparison.Ordinal));
        Assert.Contains("level=warn", said, StringComparison.Ordinal);
        Assert.Contains("ALTER PUBLICATION", said, StringComparison.Ordinal);
        Assert.Equal(0, await process.StopAsync(TimeSpan.FromSeconds(15)));
    }

    [KafkaFact]
    public async Task A_broker_that_cannot_be_reached()
    {
        var pipeline = await fixture.PrepareAsync(Orders, "public.orders");
        pipeline.With("KAFKA_URL", "127.0.0.1:1").With("PENSTOCK_ERRORS_MAX_RETRIES", "1").With("PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS", "200");
        var (exit, output) = await pipeline.RunToEndAsync();
        Assert.Equal(4, exit);
        Assert.Contains("127.0.0.1:1", output, StringComparison.Ordinal);
        Assert.Contains("KAFKA_URL", output, StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task A_database_server_that_cannot_be_reached()
    {
        var pipeline = await fixture.PrepareAsync(Orders, "public.orders");
        pipeline.With("DATABASE_URL", "postgres://postgres@127.0.0.1:1/shop").With("PENSTOCK_ERRORS_MAX_RETRIES", "1").With("PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS", "200");
        var (exit, output) = await pipeline.RunToEndAsync();
        Assert.Equal(4, exit);
        Assert.Contains("127.0.0.1:1", output, StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task A_topic_that_is_missing_where_topics_are_not_created()
    {
        var pipeline = await fixture.PrepareAsync(Orders);
        pipeline.With("PENSTOCK_TABLE_INCLUDE_LIST", "public.orders").With("PENSTOCK_ERRORS_MAX_RETRIES", "1").With("PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS", "200");
        await pipeline.ExecuteAsync("INSERT INTO orders VALUES (1, 'one')");
        var (exit, output) = await pipeline.RunToEndAsync();
        Assert.Equal(4, exit);
        Assert.Contains($"{pipeline.Name}.public.orders", output, StringComparison.Ordinal);
        Assert.Contains("kafka-topics", output, StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task Wrong_settings_are_all_reported_at_once()
    {
        var pipeline = await fixture.PrepareAsync("");
        pipeline.With("PENSTOCK_TABEL_INCLUDE_LIST", "public.orders").With("PENSTOCK_SNAPSHOT_MODE", "sometimes").With("PENSTOCK_SIGNAL_FILE", "public.signals");
        pipeline.Settings.Remove("KAFKA_URL");
        var (exit, output) = await pipeline.RunToEndAsync();
        Assert.Equal(2, exit);
        Assert.Contains("PENSTOCK_TABEL_INCLUDE_LIST", output, StringComparison.Ordinal);
        Assert.Contains("PENSTOCK_TABLE_INCLUDE_LIST", output, StringComparison.Ordinal);
        Assert.Contains("PENSTOCK_SNAPSHOT_MODE", output, StringComparison.Ordinal);
        Assert.Contains("initial_only", output, StringComparison.Ordinal);
        Assert.Contains("PENSTOCK_SIGNAL_FILE", output, StringComparison.Ordinal);
        Assert.Contains("KAFKA_URL", output, StringComparison.Ordinal);
    }
}

/// <summary>Servers that are set up in a way that no pipeline can work with.</summary>
public class UnfitServerTests
{
    [KafkaFact]
    public async Task A_wal_level_that_is_not_logical()
    {
        await using var scene = await PipelineScene.CreateAsync(new PostgresServerOptions { Settings = new Dictionary<string, string> { ["wal_level"] = "replica" } });
        await AssertRefusedAsync(scene, "wal_level", "ALTER SYSTEM SET wal_level");
    }

    [KafkaFact]
    public async Task An_encoding_that_is_not_UTF8()
    {
        await using var scene = await PipelineScene.CreateAsync(new PostgresServerOptions { Encoding = "LATIN1" });
        await AssertRefusedAsync(scene, "LATIN1", "UTF8");
    }

    [KafkaFact]
    public async Task A_certificate_that_is_refused()
    {
        await using var scene = await PipelineScene.CreateAsync(kafka: new KafkaClusterOptions { Heroku = true });
        foreach (var (name, value) in scene.Kafka.Environment.Where(pair => pair.Key.StartsWith("KAFKA_", StringComparison.Ordinal) && !pair.Key.Contains("DIR", StringComparison.Ordinal)))
        {
            scene.Settings[name] = value;
        }

        // A certificate authority that did not sign the broker's certificate.
        using var key = System.Security.Cryptography.RSA.Create(2048);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            "CN=stranger", key, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1);
        using var stranger = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        scene.Settings["KAFKA_TRUSTED_CERT"] = stranger.ExportCertificatePem();
        await AssertRefusedAsync(scene, "certificate", "KAFKA_TRUSTED_CERT", exitCodes: [3, 4]);
    }

    private static async Task AssertRefusedAsync(PipelineScene scene, string what, string hint, params int[] exitCodes)
    {
        await scene.Postgres.ExecuteAsync("CREATE TABLE orders (id int PRIMARY KEY, note text)");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.orders";
        scene.Settings["PENSTOCK_ERRORS_MAX_RETRIES"] = "1";
        scene.Settings["PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS"] = "200";
        await using var pipeline = scene.Start();
        int exit = await pipeline.WaitForExitAsync(TimeSpan.FromSeconds(60));
        string output = string.Join('\n', pipeline.Lines);
        Assert.Contains(exit, exitCodes.Length == 0 ? [3] : exitCodes);
        Assert.Contains(what, output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(hint, output, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(?m)^\s+at |Unhandled exception|Exception:", output);
    }
}
