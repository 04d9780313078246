namespace Penstock.EndToEnd;

/// <summary>What a pipeline has made can be taken away by one command, from beside it, as often as it is typed; and asked for before it is made.</summary>
public sealed class DestroyTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    [KafkaFact]
    public async Task R35_R36_destroy_takes_away_what_was_made_lists_what_stays_and_may_be_typed_twice()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 'x')");
            await pipeline.WaitUntilConfirmedAsync();
            var (busy, refusal) = await pipeline.RunToEndAsync("destroy", "--confirm", pipeline.Name);
            Assert.Equal((3, true), (busy, refusal.Contains("stop the pipeline first", StringComparison.Ordinal) && refusal.Contains("Nothing was done", StringComparison.Ordinal)));
            Assert.Equal(0, await process.StopAsync(StopLimit));
        }

        var (wrong, said) = await pipeline.RunToEndAsync("destroy", "--confirm", "other");
        Assert.Equal((2, true), (wrong, said.Contains($"--confirm says \"other\", but the settings are those of pipeline \"{pipeline.Name}\"", StringComparison.Ordinal)));
        Assert.Equal("1 1 1", await LeftAsync(pipeline));

        var (code, first) = await pipeline.RunToEndAsync("destroy", "--confirm", pipeline.Name);
        Assert.True(code == 0, first);
        Assert.Equal("0 0 0", await LeftAsync(pipeline));
        Assert.Contains($"slot       {pipeline.Name} is dropped", first, StringComparison.Ordinal);
        Assert.Contains($"publication {pipeline.Name} is dropped", first, StringComparison.Ordinal);
        Assert.Contains($"state      of {pipeline.Name} is deleted", first, StringComparison.Ordinal);
        Assert.Contains($" --delete --topic {pipeline.Name}.public.a", first, StringComparison.Ordinal);
        Assert.Single(pipeline.ReadToEnd());

        (code, string second) = await pipeline.RunToEndAsync("destroy", "--confirm", pipeline.Name);
        Assert.True(code == 0, second);
        Assert.Equal(3, second.Split("was gone already").Length - 1);

        // Nothing is left that a new beginning would stumble over.
        await using var anew = await pipeline.StartStreamingAsync();
        Assert.Equal(2, pipeline.Read(2).Count);
        Assert.Equal(0, await anew.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task R35_a_publication_that_may_serve_others_stays()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        await pipeline.ExecuteAsync($"CREATE PUBLICATION {pipeline.Name} FOR TABLE a");
        pipeline.With("PENSTOCK_PUBLICATION_AUTOCREATE_MODE", "disabled");
        var (code, said) = await pipeline.RunToEndAsync("destroy", "--confirm", pipeline.Name);
        Assert.True(code == 0, said);
        Assert.Contains($"stays      publication {pipeline.Name}, which may serve others", said, StringComparison.Ordinal);
        Assert.Equal("0 1 0", await LeftAsync(pipeline));
    }

    [KafkaFact]
    public async Task A_plan_makes_what_check_asks_for_and_runs_nothing_itself()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE \"B b\" (id int PRIMARY KEY)", "public.a");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data");
        var (code, plan) = await pipeline.RunToEndAsync("plan", "--target", "strimzi");
        Assert.True(code == 0, plan);
        Assert.Contains($"topicName: {pipeline.Name}.public.a\n", plan, StringComparison.Ordinal);
        Assert.Equal("0 0 0", await LeftAsync(pipeline));
        Assert.False(await pipeline.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'penstock')"));
        // Every statement runs as it stands.
        foreach (string statement in plan.Split('\n').Where(line => line.StartsWith("#   ", StringComparison.Ordinal)).Select(line => line[4..]))
        {
            await pipeline.ExecuteAsync(statement);
        }

        Assert.Equal("1 1", (await LeftAsync(pipeline))[..3]);
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 'x')");
        Assert.Single(pipeline.Read(1));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task R12_restart_lets_a_running_process_begin_anew_and_loses_nothing()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        var (code, said) = await pipeline.RunToEndAsync("restart");
        Assert.Equal((3, true), (code, said.Contains("has kept state", StringComparison.Ordinal)));
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'before' FROM generate_series(1, 100) g");
        (code, said) = await pipeline.RunToEndAsync("restart");
        Assert.True(code == 0, said);
        Assert.Contains("begins anew within seconds", said, StringComparison.Ordinal);
        for (var until = DateTime.UtcNow.AddSeconds(20); process.Lines.Count(line => line.Contains("msg=streaming", StringComparison.Ordinal)) < 2 && DateTime.UtcNow < until;)
        {
            await Task.Delay(100);
        }

        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'after' FROM generate_series(101, 200) g");
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(200, pipeline.ReadToEnd().Select(record => record.KeyText).Distinct().Count());
        Assert.Equal(2, process.Lines.Count(line => line.Contains("msg=streaming", StringComparison.Ordinal)));
        Assert.Equal(0, (await pipeline.RunToEndAsync("pause")).ExitCode);
        (code, said) = await pipeline.RunToEndAsync("restart");
        Assert.Equal((3, true), (code, said.Contains("is paused, since", StringComparison.Ordinal)));
        Assert.Equal(0, (await pipeline.RunToEndAsync("resume")).ExitCode);
        Assert.Equal(0, await process.StopAsync(StopLimit));
        (code, said) = await pipeline.RunToEndAsync("restart");
        Assert.Equal((3, true), (code, said.Contains("there is nothing to restart", StringComparison.Ordinal)));
    }

    [KafkaFact]
    public async Task Status_watch_writes_a_line_for_each_look_on_a_pipe_until_it_is_ended()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text)", "public.a");
        await using var process = await pipeline.StartStreamingAsync();
        await using var watch = pipeline.Start("status", "--watch");
        await watch.WaitForLineAsync("^at=[0-9TZ:-]+ state=streaming end=[0-9A-F]+/[0-9A-F]+ confirmed=[0-9A-F]+/[0-9A-F]+ behind_bytes=[0-9]+ kept_bytes=[0-9]+ log_bytes_per_second=[0-9]+ confirmed_bytes_per_second=[0-9]+ alarm=none$", TimeSpan.FromSeconds(20));
        Assert.Equal(0, await process.StopAsync(StopLimit));
        await watch.WaitForLineAsync("^at=.* state=down ", TimeSpan.FromSeconds(20));
        Assert.Equal(0, await watch.StopAsync(StopLimit));
    }

    /// <summary>How many slots, publications and records of state there are of this pipeline.</summary>
    private static async Task<string> LeftAsync(TestPipeline pipeline)
    {
        bool hasState = await pipeline.ScalarAsync<bool>("SELECT to_regclass('penstock.pipeline') IS NOT NULL");
        string state = hasState ? "(SELECT count(*) FROM penstock.pipeline)" : "0";
        return (await pipeline.ScalarAsync<string>($"SELECT concat_ws(' ', (SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'), (SELECT count(*) FROM pg_publication WHERE pubname = '{pipeline.Name}'), {state})"))!;
    }
}
