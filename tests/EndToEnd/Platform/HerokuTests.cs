using System.Text.RegularExpressions;
using Penstock.Servers;

namespace Penstock.EndToEnd.Platform;

/// <summary>
/// A pipeline as a platform's application that owns nothing: brokers with mutual TLS whose certificate names no host and whose authority is being rotated, rights on the names of a prefix alone; a role that may
/// replicate and no more, a publication of somebody else; 512 MB, a file system that cannot be written, an ordinary user.
/// </summary>
public sealed class HerokuTests(HerokuFixture fixture) : IClassFixture<HerokuFixture>
{
    private const long DynoBytes = 512L * 1024 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [DynoFact]
    public async Task R3_R5_R6_R8_R9_a_first_boot_without_topics_then_load_then_a_restart_with_two_signals_while_the_next_one_boots()
    {
        await using var scene = await CreateAsync();
        string topic = $"{scene.Kafka.Environment["KAFKA_PREFIX"]}{scene.Name}.public.orders";
        scene.Settings["PENSTOCK_KAFKA_DEBUG"] = "protocol";
        scene.Settings["LOG_LEVEL"] = "debug";

        // The release phase says what to type, and fails; the worker waits for it and does not crash (a crash is a cool-off that grows).
        await using (var release = Start(scene, "check", "--quiet"))
        {
            Assert.Equal(4, await release.Process.WaitForExitAsync(Limit));
            Assert.Contains(release.Process.Lines, line => line.Contains($"heroku kafka:topics:create {scene.Name}.public.orders", StringComparison.Ordinal));
        }

        await using var old = Start(scene, "run");
        await old.Process.WaitForLineAsync($"heroku kafka:topics:create {scene.Name}.public.orders", Limit);
        await scene.Kafka.CreateTopicAsync(topic, 8);
        await old.Process.WaitForLineAsync("msg=\"?streaming", Limit);

        await InsertAsync(scene, 1, 30_000);
        await using var next = Start(scene, "run");
        await next.Process.WaitForLineAsync("standby: ", Limit);
        await InsertAsync(scene, 30_001, 60_000);
        // The platform signals every process of the container, and more than once.
        Assert.True(old.Process.TrySignal(Signal.Terminate));
        Assert.True(old.Process.TrySignal(Signal.Terminate));
        Assert.Equal(0, await old.Process.WaitForExitAsync(TimeSpan.FromSeconds(30)));
        await next.Process.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(10));
        await InsertAsync(scene, 60_001, 61_000);
        Assert.True(await scene.WaitUntilConfirmedAsync(Limit), next.Process.LastLines());
        Assert.Equal(0, await next.Process.StopAsync(TimeSpan.FromSeconds(30)));

        using var reader = new TopicReader(scene.Kafka.AdminSettings(), name => name == topic);
        Assert.Equal(61_000, reader.ReadToEnd(Limit).Select(record => record.KeyText).Distinct().Count());
        Assert.InRange(old.PeakMemoryBytes, 1, DynoBytes * 3 / 4);
        Assert.DoesNotContain(old.Process.Lines.Concat(next.Process.Lines), line => Regex.IsMatch(line, "level=(error|fatal)"));

        // What was asked of the brokers, by librdkafka's own trace.
        string[] asked = [.. old.Process.Lines.Concat(next.Process.Lines).Select(line => Regex.Match(line, @"Sent (\w+)Request")).Where(sent => sent.Success).Select(sent => sent.Groups[1].Value).Distinct().Order()];
        Assert.Equal([], asked.Except(["ApiVersion", "InitProducerId", "Metadata", "Produce"]));
        Assert.Contains("Produce", asked);
    }

    [DynoFact]
    public async Task R5_R15_where_nothing_at_all_can_be_written_two_authorities_are_read_all_the_same()
    {
        await using var scene = await CreateAsync();
        await scene.Kafka.CreateTopicAsync($"{scene.Kafka.Environment["KAFKA_PREFIX"]}{scene.Name}.public.orders");
        await using var check = Dyno.Start(DynoBytes, scene.Settings, ["env", "TMPDIR=/proc", "HOME=/proc", Repository.PostgresToKafka(), "check", "--quiet"]);
        int code = await check.Process.WaitForExitAsync(Limit);
        Assert.True(code == 0, check.Process.LastLines());
    }

    [DynoFact]
    public async Task R37_the_sink_lives_there_too_and_a_group_that_may_not_be_used_is_named_with_what_to_type()
    {
        await using var scene = await CreateAsync();
        string prefix = scene.Kafka.Environment["KAFKA_PREFIX"];
        await scene.Kafka.CreateTopicAsync($"{prefix}{scene.Name}.public.orders");
        await scene.Postgres.ExecuteAsync("CREATE DATABASE copy OWNER app");
        await scene.Postgres.ExecuteAsync("CREATE TABLE orders (id int PRIMARY KEY, item text); ALTER TABLE orders OWNER TO app", "copy");
        await using var source = Start(scene, "run");
        await source.Process.WaitForLineAsync("msg=\"?streaming", Limit);
        await InsertAsync(scene, 1, 5_000);

        var settings = scene.Kafka.Environment.Where(pair => pair.Key.StartsWith("KAFKA_", StringComparison.Ordinal) && pair.Key is not ("KAFKA_DIR" or "KAFKA_BOOTSTRAP")).ToDictionary();
        settings["DATABASE_URL"] = scene.Postgres.Url("copy", "app", "unused");
        settings["PENSTOCK_GROUP"] = "copy";
        settings["PENSTOCK_TOPICS"] = $"{scene.Name}.public.orders";
        await using (var sink = Dyno.Start(DynoBytes, settings, [Repository.KafkaToPostgres(), "run"]))
        {
            for (var until = DateTime.UtcNow + Limit; await scene.Postgres.ScalarAsync<long>("SELECT count(*) FROM orders", "copy") != 5_000; await Task.Delay(100))
            {
                Assert.True(DateTime.UtcNow < until && !sink.Process.HasExited, sink.Process.LastLines());
            }

            Assert.Equal(0, await sink.Process.StopAsync(TimeSpan.FromSeconds(30)));
            Assert.InRange(sink.PeakMemoryBytes, 1, DynoBytes * 3 / 4);
        }

        // Without the prefix the group is one that nobody has made for this application.
        settings.Remove("KAFKA_PREFIX");
        settings["PENSTOCK_TOPICS"] = $"{prefix}{scene.Name}.public.orders";
        await using var refused = Dyno.Start(DynoBytes, settings, [Repository.KafkaToPostgres(), "run"]);
        await refused.Process.WaitForLineAsync("heroku kafka:consumer-groups:create", Limit);
        Assert.DoesNotMatch(@"(?m)^\s+at |Unhandled exception", refused.Process.LastLines(200));
    }

    [KafkaFact]
    public async Task A_plan_with_a_quota_of_64_kB_a_second_is_slow_and_loses_nothing()
    {
        await using var scene = await CreateAsync();
        string topic = $"{scene.Kafka.Environment["KAFKA_PREFIX"]}{scene.Name}.public.orders";
        await scene.Kafka.CreateTopicAsync(topic);
        await scene.Kafka.RunToolAsync("configs", "--alter", "--add-config", "producer_byte_rate=65536", "--entity-type", "users", "--entity-name", "app");
        await scene.ExecuteAsync("INSERT INTO orders SELECT g, repeat('x', 300) FROM generate_series(1, 2500) g");
        long began = Environment.TickCount64;
        await using var pipeline = PipelineProcess.Start(scene.Settings);
        Assert.True(await scene.WaitUntilConfirmedAsync(Limit), pipeline.LastLines());
        long confirmedAfterMs = Environment.TickCount64 - began;
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(30)));
        await scene.Kafka.RunToolAsync("configs", "--alter", "--delete-config", "producer_byte_rate", "--entity-type", "users", "--entity-name", "app");
        using var reader = new TopicReader(scene.Kafka.AdminSettings(), name => name == topic);
        var records = reader.ReadToEnd(Limit);
        Assert.Equal(2500, records.Count);
        // 2,500 events of 600 bytes are two requests of a megabyte at most: the second has to wait.
        Assert.True(confirmedAfterMs > 3000, $"{confirmedAfterMs} ms");
        Assert.DoesNotContain(pipeline.Lines, line => Regex.IsMatch(line, "level=(error|fatal)"));
    }

    /// <summary>A database and a pipeline of its own on the class' servers.</summary>
    private async Task<PipelineScene> CreateAsync()
    {
        var scene = await fixture.NextAsync();
        await scene.ExecuteAsync("CREATE TABLE orders (id int PRIMARY KEY, item text); GRANT SELECT ON orders TO app; CREATE SCHEMA penstock AUTHORIZATION app; CREATE PUBLICATION shared FOR TABLE orders");
        foreach (var (name, value) in scene.Kafka.Environment.Where(pair => pair.Key is "KAFKA_URL" or "KAFKA_PREFIX" or "KAFKA_TRUSTED_CERT" or "KAFKA_CLIENT_CERT" or "KAFKA_CLIENT_CERT_KEY"))
        {
            scene.Settings[name] = value;
        }

        scene.Settings["DATABASE_URL"] = scene.Postgres.Url(scene.Database, "app", "unused");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.orders";
        scene.Settings["PENSTOCK_PUBLICATION_NAME"] = "shared";
        scene.Settings["PENSTOCK_PUBLICATION_AUTOCREATE_MODE"] = "disabled";
        return scene;
    }

    private static Dyno Start(PipelineScene scene, params string[] arguments) => Dyno.Start(DynoBytes, scene.Settings, [Repository.PostgresToKafka(), .. arguments]);

    private static Task InsertAsync(PipelineScene scene, int first, int last) => scene.ExecuteAsync($"INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series({first}, {last}) g");
}
