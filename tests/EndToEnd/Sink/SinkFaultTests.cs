namespace Penstock.EndToEnd.Sink;

public sealed class SinkFaultTests(SceneFixture servers) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [KafkaFact]
    public async Task Partitions_move_from_one_sink_to_three_and_back()
    {
        var scene = await CopyScene.CreateAsync(servers, AuditedWorkload.Tables, 3, "public.item", "public.audit");
        await using var source = await scene.Source.StartStreamingAsync();
        using var ended = new CancellationTokenSource();
        var writing = AuditedWorkload.WriteAsync(scene.Source, 1, ended.Token);
        await using var first = scene.StartSink();
        await first.WaitForLineAsync("taken", Patience);
        await using (var second = scene.StartSink())
        {
            await using var third = scene.StartSink();
            await second.WaitForLineAsync("taken", Patience);
            await third.WaitForLineAsync("taken", Patience);
            await Task.Delay(1000);
            Assert.Equal(0, await second.StopAsync(Patience));
            Assert.Equal(0, await third.StopAsync(Patience));
        }

        await Task.Delay(500);
        await ended.CancelAsync();
        int written = await writing;
        await scene.WaitUntilEqualAsync("audit", Patience);
        await scene.WaitUntilEqualAsync("item", Patience);
        Assert.Equal(written, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM audit"));
    }

    [KafkaFact]
    public async Task A_target_that_restarts_is_waited_for()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL, note text);", "public.item");
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO item SELECT i, i, 'a' FROM generate_series(1, 100) i");
        await scene.WaitUntilEqualAsync("item", Patience);
        await scene.ExecuteInTargetAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        await scene.ExecuteInTargetAsync($"ALTER DATABASE {scene.Target} SET default_transaction_read_only = on");
        await scene.Source.ExecuteAsync("UPDATE item SET n = n + 1");
        await sink.WaitForLineAsync("interrupted", Patience);
        await servers.Scene.Postgres.ExecuteAsync($"ALTER DATABASE {scene.Target} SET default_transaction_read_only = off");
        await scene.WaitUntilEqualAsync("item", Patience);
        Assert.False(sink.HasExited);
    }

    [KafkaFact]
    public async Task A_lock_of_another_session_is_told_and_waited_for()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL, note text);", "public.item");
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO item SELECT i, i, 'a' FROM generate_series(1, 100) i");
        await scene.WaitUntilEqualAsync("item", Patience);
        var holding = scene.ExecuteInTargetAsync("BEGIN; LOCK TABLE item IN EXCLUSIVE MODE; SELECT pg_sleep(8); COMMIT");
        await Task.Delay(200);
        await scene.Source.ExecuteAsync("UPDATE item SET n = n + 1");
        await sink.WaitForLineAsync("a lock is held by", Patience);
        await holding;
        await scene.WaitUntilEqualAsync("item", Patience);
    }

    [KafkaFact]
    public async Task A_deadlock_with_another_session_is_tried_again()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL, note text);", "public.item");
        await scene.ExecuteInTargetAsync($"ALTER DATABASE {scene.Target} SET deadlock_timeout = '5s'");
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO item SELECT i, i, 'a' FROM generate_series(1, 2) i");
        await scene.WaitUntilEqualAsync("item", Patience);
        // The other session would look for a deadlock later, so that the sink is the one to be ended. It has the row that the sink takes last, and then wants the one that the sink has.
        var other = scene.ExecuteInTargetAsync("SET deadlock_timeout = '60s'; BEGIN; SELECT n FROM item WHERE id = 2 FOR UPDATE; SELECT pg_sleep(2); UPDATE item SET note = note WHERE id = 1; COMMIT");
        await Task.Delay(300);
        await scene.Source.ExecuteAsync("UPDATE item SET n = n + 10");
        await sink.WaitForLineAsync("met another one", Patience);
        await other;
        await scene.WaitUntilEqualAsync("item", Patience);
        Assert.False(sink.HasExited);
    }
}
