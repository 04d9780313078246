namespace Penstock.EndToEnd.Sink;

/// <summary>What platforms do to a sink: short retention, limits of connections, a database of another encoding.</summary>
public sealed class SinkPlatformTests(SceneFixture servers) : IClassFixture<SceneFixture>
{
    private const string Item = "CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL, note text);";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [KafkaFact]
    public async Task R41_what_retention_has_removed_before_it_was_applied_is_a_gap_and_the_policy_decides()
    {
        var scene = await CopyScene.CreateAsync(servers, Item, "public.item");
        await using var source = await scene.Source.StartStreamingAsync();
        await scene.Source.ExecuteAsync("INSERT INTO item SELECT i, i, 'a' FROM generate_series(1, 50) i");
        await using (var sink = scene.StartSink())
        {
            await scene.WaitUntilEqualAsync("item", Patience);
            Assert.Equal(0, await sink.StopAsync(Patience));
        }

        await scene.Source.ExecuteAsync("INSERT INTO item SELECT i, i, 'b' FROM generate_series(51, 100) i");
        await scene.Source.WaitUntilConfirmedAsync();
        // As retention does, up to ten records behind what was applied.
        await servers.Scene.Kafka.DeleteRecordsAsync($"{scene.Source.Name}.public.item", 0, 60);
        await using (var refused = scene.StartSink())
        {
            Assert.Equal(3, await refused.WaitForExitAsync(Patience));
            Assert.Contains(refused.Lines, line => line.Contains("retention has removed them", StringComparison.Ordinal) && line.Contains("PENSTOCK_ON_GAP=earliest", StringComparison.Ordinal));
        }

        Assert.Equal(50, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM item"));
        scene.Settings["PENSTOCK_ON_GAP"] = "earliest";
        await using var going = scene.StartSink();
        for (var until = DateTime.UtcNow + Patience; await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM item") != 90; await Task.Delay(100))
        {
            Assert.True(DateTime.UtcNow < until, going.LastLines());
        }

        Assert.Equal(0, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM item WHERE id BETWEEN 51 AND 60"));
        Assert.Equal(0, await going.StopAsync(Patience));
    }

    [KafkaFact]
    public async Task R42_a_target_without_a_connection_left_is_waited_for_and_nothing_is_put_aside()
    {
        var scene = await CopyScene.CreateAsync(servers, Item, "public.item");
        string role = $"limited_{scene.Target}";
        await scene.ExecuteInTargetAsync($"CREATE ROLE {role} LOGIN CONNECTION LIMIT 0; GRANT ALL ON item TO {role}; GRANT ALL ON DATABASE {scene.Target} TO {role}");
        scene.Settings["DATABASE_URL"] = servers.Scene.Postgres.Url(scene.Target, role, "unused");
        scene.Settings["PENSTOCK_ON_ERROR"] = "dead-letter";
        await using var source = await scene.Source.StartStreamingAsync();
        await scene.Source.ExecuteAsync("INSERT INTO item SELECT i, i, 'a' FROM generate_series(1, 50) i");
        await using var sink = scene.StartSink();
        await sink.WaitForLineAsync("no connection left", Patience);
        await scene.ExecuteInTargetAsync($"ALTER ROLE {role} CONNECTION LIMIT 5");
        await scene.WaitUntilEqualAsync("item", Patience);
        Assert.Equal(0, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM penstock.dead_letters"));
        Assert.Equal(0, await sink.StopAsync(Patience));
    }

    [KafkaFact]
    public async Task R16_a_target_that_is_not_UTF8_is_refused_before_anything_is_applied()
    {
        var scene = await CopyScene.CreateAsync(servers, Item, "public.item");
        await servers.Scene.Postgres.ExecuteAsync($"CREATE DATABASE latin_{scene.Target} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        scene.Settings["DATABASE_URL"] = servers.Scene.Postgres.Url($"latin_{scene.Target}");
        foreach (string command in new[] { "check", "run" })
        {
            await using var refused = scene.StartSink(command);
            Assert.Equal(3, await refused.WaitForExitAsync(Patience));
            Assert.Contains(refused.Lines, line => line.Contains("encoding is LATIN1: it must be UTF8", StringComparison.Ordinal));
        }

        Assert.False(await servers.Scene.Postgres.ScalarAsync<bool>("SELECT to_regnamespace('penstock') IS NOT NULL", $"latin_{scene.Target}"));
    }
}
