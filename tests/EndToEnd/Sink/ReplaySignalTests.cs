using System.Diagnostics;
using Penstock.Servers;

namespace Penstock.EndToEnd.Sink;

/// <summary>A replay that a signal ends: in time, with an exit code that says so, and no record is applied twice, or lost, by the replays that follow.</summary>
public sealed class ReplaySignalTests(SceneFixture servers) : IClassFixture<SceneFixture>
{
    private const int Letters = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [KafkaTheory]
    [InlineData(Signal.Terminate, 143)]
    [InlineData(Signal.Interrupt, 130)]
    public async Task A_replay_that_is_ended_by_a_signal_is_finished_by_the_next_and_applies_nothing_twice(Signal signal, int signalsCode)
    {
        // Without a key: nothing but the replay itself keeps a row from being there twice.
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE audit (id int, n int); ALTER TABLE audit REPLICA IDENTITY FULL", "public.audit");
        await PutAsideAsync(scene);

        // Between two records: the one at work is finished, the others stay.
        await scene.ExecuteInTargetAsync(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END'; CREATE TRIGGER slow BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION slow()");
        await using (var slow = scene.StartSink("replay", "--overwrite"))
        {
            await UntilAsync(async () => await CountAsync(scene) > 3);
            var watch = Stopwatch.StartNew();
            slow.TrySignal(signal);
            Assert.Equal(1, await slow.WaitForExitAsync(Patience));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(3), $"the stop took {watch.Elapsed}");
            Assert.Contains("not tried: it was ended by a signal", slow.LastLines(), StringComparison.Ordinal);
        }

        await AssertEachOnceAsync(scene);
        Assert.InRange(await CountAsync(scene), 4, Letters - 5);

        // In the middle of one that does not come to its end: the time of a stop ends it, and the server takes it back.
        scene.Settings["PENSTOCK_SHUTDOWN_TIMEOUT_MS"] = "2000";
        var holding = scene.ExecuteInTargetAsync("BEGIN; LOCK TABLE audit IN EXCLUSIVE MODE; SELECT pg_sleep(6); COMMIT");
        await using (var blocked = scene.StartSink("replay", "--overwrite"))
        {
            await UntilAsync(() => scene.TargetScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'audit'::regclass)"));
            var watch = Stopwatch.StartNew();
            blocked.TrySignal(signal);
            Assert.Equal(signalsCode, await blocked.WaitForExitAsync(Patience));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(3), $"the stop took {watch.Elapsed}");
        }

        await holding;
        await UntilAsync(async () => !await scene.TargetScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle')"));
        await AssertEachOnceAsync(scene);

        await scene.ExecuteInTargetAsync("DROP TRIGGER slow ON audit");
        await using var last = scene.StartSink("replay", "--overwrite");
        Assert.Equal(0, await last.WaitForExitAsync(Patience));
        Assert.Equal(0, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM penstock.dead_letters"));
        await scene.WaitUntilEqualAsync("audit", Patience);
        Assert.Equal(Letters, await CountAsync(scene));
    }

    /// <summary>Rows that the target refuses, then one rule less.</summary>
    private static async Task PutAsideAsync(CopyScene scene)
    {
        scene.Settings["PENSTOCK_ON_ERROR"] = "dead-letter";
        await scene.ExecuteInTargetAsync("ALTER TABLE audit ADD CONSTRAINT none CHECK (n < 0)");
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync($"INSERT INTO audit SELECT i, i FROM generate_series(1, {Letters}) i");
        await UntilAsync(() => scene.TargetScalarAsync<bool>($"SELECT to_regclass('penstock.dead_letters') IS NOT NULL"));
        await UntilAsync(() => scene.TargetScalarAsync<bool>($"SELECT count(*) = {Letters} FROM penstock.dead_letters"));
        Assert.Equal(0, await sink.StopAsync(Patience));
        Assert.Equal(0, await source.StopAsync(Patience));
        await scene.ExecuteInTargetAsync("ALTER TABLE audit DROP CONSTRAINT none");
    }

    private static Task<int> CountAsync(CopyScene scene) => scene.TargetScalarAsync<int>("SELECT count(*)::int FROM audit");

    /// <summary>A record is a row or on the list, never both, never twice.</summary>
    private static async Task AssertEachOnceAsync(CopyScene scene)
    {
        Assert.Equal(0, await scene.TargetScalarAsync<int>("SELECT (count(*) - count(DISTINCT id))::int FROM audit"));
        Assert.Equal(Letters, await scene.TargetScalarAsync<int>("SELECT ((SELECT count(*) FROM audit) + (SELECT count(*) FROM penstock.dead_letters))::int"));
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var until = DateTime.UtcNow + Patience; !await condition(); await Task.Delay(50))
        {
            Assert.True(DateTime.UtcNow < until, "the condition did not come true");
        }
    }
}
