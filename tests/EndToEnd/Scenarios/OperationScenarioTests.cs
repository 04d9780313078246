using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Penstock.EndToEnd.Scenarios;

/// <summary>Group G of the scenarios: what operators meet.</summary>
public class OperationScenarioTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    [KafkaFact]
    public async Task G63_another_database_that_is_busy_moves_the_slot_of_a_silent_one()
    {
        var busy = await fixture.PrepareAsync("CREATE TABLE other (id int)");
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)", "public.a");
        await using var process = await pipeline.StartStreamingAsync();
        await busy.ExecuteAsync("INSERT INTO other SELECT generate_series(1, 20000)");
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(0, await process.StopAsync(StopLimit));
        Assert.Empty(pipeline.ReadToEnd());
    }

    [KafkaFact]
    public async Task G64_an_open_transaction_holds_up_the_slot_and_is_named()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)", "public.a");
        await using var open = await pipeline.OpenAsync();
        await using (var command = new NpgsqlCommand("BEGIN; INSERT INTO a VALUES (2)", open))
        {
            await command.ExecuteNonQueryAsync();
        }

        await using var process = pipeline.Start();
        await process.WaitForLineAsync(string.Create(CultureInfo.InvariantCulture, $"waits for transactions .*{open.ProcessID}"), TimeSpan.FromSeconds(30));
        await using (var command = new NpgsqlCommand("COMMIT", open))
        {
            await command.ExecuteNonQueryAsync();
        }

        await process.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(30));
        Assert.Equal(["""{"id":1}""", """{"id":2}"""], pipeline.Read(2).Select(record => record.KeyText));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task G65_a_password_that_is_changed_while_it_runs_ends_it_with_the_reason_dbz_2139()
    {
        string user = $"rotated_{Environment.ProcessId}";
        var pipeline = await fixture.PrepareAsync($"CREATE TABLE a (id int PRIMARY KEY); CREATE ROLE {user} LOGIN SUPERUSER PASSWORD 'tulips-before'", "public.a");
        await fixture.Scene.Postgres.SetClientAuthenticationAsync([$"host all {user} 127.0.0.1/32 scram-sha-256", "host replication all 127.0.0.1/32 trust", "host all all 127.0.0.1/32 trust"]);
        pipeline.With("DATABASE_URL", fixture.Scene.Postgres.Url(pipeline.Name, user, "tulips-before")).With("PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS", "500");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync($"ALTER ROLE {user} PASSWORD 'tulips-after'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user}'");
        Assert.Equal(3, await process.WaitForExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains(process.Lines, line => line.Contains("refuses the password", StringComparison.Ordinal));
        Assert.DoesNotContain("tulips", string.Concat(process.Lines), StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task G66_a_stop_under_full_load_keeps_its_time_and_what_it_confirmed()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data");
        await using (var first = await pipeline.StartStreamingAsync())
        {
            for (int i = 0; i < 20; i++)
            {
                await pipeline.ExecuteAsync($"INSERT INTO a SELECT i, repeat('v', 300) FROM generate_series({i * 10000}, {(i * 10000) + 9999}) i");
            }

            var watch = Stopwatch.StartNew();
            Assert.Equal(0, await first.StopAsync(StopLimit));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"the stop took {watch.Elapsed}");
        }

        await using var second = await pipeline.StartStreamingAsync();
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(0, await second.StopAsync(StopLimit));
        Assert.Equal(200_000, pipeline.ReadToEnd().Select(record => record.KeyText).Distinct().Count());
    }

    [KafkaFact]
    public async Task G67_truncates_of_one_table_of_several_and_by_cascade()
    {
        var pipeline = await fixture.PrepareAsync(
            "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a); CREATE TABLE c (id int PRIMARY KEY)", "public.a", "public.b", "public.c");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_SKIPPED_OPERATIONS", "none");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("TRUNCATE c");
        await pipeline.ExecuteAsync("TRUNCATE a, c CASCADE");
        await pipeline.ExecuteAsync("TRUNCATE a, b RESTART IDENTITY");
        var truncates = pipeline.Read(6);
        Assert.All(truncates, record => Assert.Equal("t", record.Operation()));
        Assert.Equal((2, 2, 2), (Of("a"), Of("b"), Of("c")));
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(0, await process.StopAsync(StopLimit));
        Assert.Equal(6, pipeline.ReadToEnd().Count);

        int Of(string table) => truncates.Count(record => record.Topic.EndsWith($".{table}", StringComparison.Ordinal));
    }
}
