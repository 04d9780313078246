using System.Text.Json;

namespace Penstock.EndToEnd.Sink;

/// <summary><c>kafka-to-postgres status</c> beside a running process, and with one side down.</summary>
public sealed class SinkStatusTests(SceneFixture servers) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [KafkaFact]
    public async Task It_says_how_far_each_partition_is_and_what_was_put_aside()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE docs (id int PRIMARY KEY, body text, title text); ALTER TABLE docs ALTER body SET STORAGE EXTERNAL;", 2, "public.docs");
        scene.Settings["PENSTOCK_ON_ERROR"] = "dead-letter";
        await using var source = await scene.Source.StartStreamingAsync();
        await using (var sink = scene.StartSink())
        {
            await scene.Source.ExecuteAsync("INSERT INTO docs SELECT i, repeat('x' || i, 5000), 'new' FROM generate_series(1, 20) i");
            await scene.WaitUntilEqualAsync("docs", Patience);
            await scene.ExecuteInTargetAsync("DELETE FROM docs WHERE id = 2; ALTER TABLE docs ADD CHECK (title <> 'bad')");
            await scene.Source.ExecuteAsync("UPDATE docs SET title = 'changed' WHERE id = 2");
            await scene.Source.ExecuteAsync("INSERT INTO docs VALUES (30, 'x', 'bad')");
            await sink.WaitForLineAsync("put aside.*check", Patience);
            await sink.WaitForLineAsync("put aside.*leaves out", Patience);

            var beside = await StatusAsync(scene);
            Assert.Equal(2, beside.Length);
            Assert.All(beside, partition => Assert.Equal(0, partition.GetProperty("lag").GetInt64()));
            Assert.All(beside, partition => Assert.Equal(1, partition.GetProperty("epoch").GetInt64()));
            Assert.All(beside, partition => Assert.EndsWith($"/{sink.Id}", partition.GetProperty("owner").GetString(), StringComparison.Ordinal));
            Assert.Equal(2, beside.Sum(partition => partition.GetProperty("dead_letters").GetInt64()));
            Assert.Equal(1, beside.Sum(partition => partition.GetProperty("parked_rows").GetInt64()));
            // Nobody had to give a partition back for it.
            Assert.DoesNotContain(sink.Lines, line => line.Contains("given back", StringComparison.Ordinal));
            Assert.Equal(0, await sink.StopAsync(Patience));
        }

        await scene.Source.ExecuteAsync("INSERT INTO docs SELECT i, 'x', 'late' FROM generate_series(101, 110) i");
        await scene.Source.WaitUntilConfirmedAsync();
        Assert.Equal(10, (await StatusAsync(scene)).Sum(partition => partition.GetProperty("lag").GetInt64()));
        await using var text = scene.StartSink("status");
        Assert.Equal(0, await text.WaitForExitAsync(Patience));
        Assert.Contains("2 partitions, lag 10, dead letters 2, of them parked rows 1", text.LastLines(), StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task Before_the_first_start_everything_waits()
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE t (id int PRIMARY KEY);", 1, "public.t");
        await using var source = await scene.Source.StartStreamingAsync();
        await scene.Source.ExecuteAsync("INSERT INTO t SELECT generate_series(1, 3)");
        await scene.Source.WaitUntilConfirmedAsync();
        var partition = Assert.Single(await StatusAsync(scene));
        Assert.Equal(3, partition.GetProperty("lag").GetInt64());
        Assert.Equal(JsonValueKind.Null, partition.GetProperty("epoch").ValueKind);
        Assert.False(await scene.TargetScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'penstock')"));
    }

    [KafkaTheory]
    [InlineData("DATABASE_URL", "postgres://nobody@127.0.0.1:1/b", "nothing listens at 127.0.0.1:1")]
    [InlineData("KAFKA_URL", "kafka://127.0.0.1:1", "no answer from Kafka at 127.0.0.1:1")]
    public async Task A_side_that_is_down_is_named_and_the_other_one_is_shown(string variable, string url, string problem)
    {
        var scene = await CopyScene.CreateAsync(servers, "CREATE TABLE t (id int PRIMARY KEY);", 1, "public.t");
        await using (var sink = scene.StartSink())
        {
            await sink.WaitForLineAsync("taken", Patience);
            Assert.Equal(0, await sink.StopAsync(Patience));
        }

        scene.Settings[variable] = url;
        await using var status = scene.StartSink("status");
        Assert.Equal(4, await status.WaitForExitAsync(Patience));
        Assert.Contains(problem, string.Join('\n', status.ErrorLines), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", status.LastLines(), StringComparison.Ordinal);
        Assert.Contains($"{scene.Source.Name}.public.t", string.Join('\n', status.Lines), StringComparison.Ordinal);
    }

    private static async Task<JsonElement[]> StatusAsync(CopyScene scene)
    {
        await using var status = scene.StartSink("status", "--json");
        Assert.Equal(0, await status.WaitForExitAsync(Patience));
        using var document = JsonDocument.Parse(string.Join('\n', status.Lines));
        return [.. document.RootElement.Clone().GetProperty("partitions").EnumerateArray()];
    }
}
