using System.Text.Json;
using Penstock.EndToEnd.Sink;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary><c>tail</c> of both executables: what a topic holds, as lines, by filters, from a place, until an end.</summary>
public sealed class TailTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [KafkaFact]
    public async Task Events_are_shown_as_lines_filtered_compared_and_as_json()
    {
        var scene = await CopyScene.CreateAsync(
            fixture, "CREATE TABLE orders (id int PRIMARY KEY, state text, note text); ALTER TABLE orders REPLICA IDENTITY FULL; CREATE TABLE lines (id int PRIMARY KEY, n int)", "public.orders", "public.lines");
        var pipeline = scene.Source.With("PENSTOCK_SNAPSHOT_MODE", "no_data");
        string orders = $"{pipeline.Name}.public.orders";
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO orders SELECT g, 'new', E'a\\u0007b' FROM generate_series(1, 5) g");
            await pipeline.ExecuteAsync("UPDATE orders SET state = 'paid' WHERE id = 3");
            await pipeline.ExecuteAsync("DELETE FROM orders WHERE id = 4");
            await pipeline.ExecuteAsync("INSERT INTO lines VALUES (1, 1); UPDATE lines SET n = 2");
            await pipeline.WaitUntilConfirmedAsync();

            // Beside the running process, and while more comes.
            await using var follow = pipeline.Start("tail", orders);
            await process.WaitForLineAsync("streaming", Limit);
            string[] late = [];
            for (int i = 100; late.Length == 0 && i < 200; i++)
            {
                await pipeline.ExecuteAsync($"INSERT INTO orders VALUES ({i}, 'late', NULL)");
                await Task.Delay(100);
                late = [.. follow.Lines.Where(line => line.Contains("state=\"late\"", StringComparison.Ordinal))];
            }

            Assert.Matches($"^20[0-9-]+T[0-9:.]+Z c public.orders id=1[0-9][0-9] \\[0\\]@[0-9]+ [0-9A-F]+/[0-9A-F]+  state=\"late\"  note=null$", late[0]);
            Assert.DoesNotContain(follow.Lines, line => line.Contains("paid", StringComparison.Ordinal));
            Assert.Equal(0, await follow.StopAsync(Limit));
            Assert.Equal(0, await process.StopAsync(Limit));
            Assert.DoesNotContain(process.Lines.Concat(follow.ErrorLines), line => line.Contains("late", StringComparison.Ordinal));
        }

        string all = await TailAsync(pipeline, orders, "--from", "beginning", "--count", "8");
        Assert.Equal(["c", "c", "c", "c", "c", "u", "d", "tombstone"], all.Split('\n').Select(line => line.Split(' ')[1]));
        // What a value holds does not ring, colour or move anything.
        Assert.DoesNotContain(all, c => char.IsControl(c) && c != '\n');
        Assert.Contains("note=\"a\\u0007b\"", all, StringComparison.Ordinal);
        string diff = await TailAsync(pipeline, orders, "--from", "0", "--diff", "--op", "u");
        Assert.EndsWith("  state: \"new\" -> \"paid\"", Assert.Single(diff.Split('\n')), StringComparison.Ordinal);
        Assert.EndsWith("(no before: its table's REPLICA IDENTITY is not FULL)  n=2", await TailAsync(pipeline, $"{pipeline.Name}.public.lines", "--from=-1", "--diff"), StringComparison.Ordinal);
        foreach (string[] key in (string[][])[["--key", "3"], ["--key", "id=3"], ["--key", "{\"id\":3}"]])
        {
            Assert.Equal(2, (await TailAsync(pipeline, [orders, "--from", "beginning", .. key])).Split('\n').Length);
        }

        Assert.Equal("", await TailAsync(pipeline, orders, "--from", "beginning", "--table", "lines"));
        Assert.Equal("", await TailAsync(pipeline, orders, "--from", "2100-01-01T00:00:00Z"));
        Assert.Equal(8, (await TailAsync(pipeline, orders, "--from", "1h", "--table", "public.orders", "--count", "8")).Split('\n').Length);
        var whole = JsonDocument.Parse(await TailAsync(pipeline, orders, "--json", "--from", "5", "--count", "1")).RootElement;
        Assert.Equal((orders, 5, "u"), (whole.GetProperty("topic").GetString(), whole.GetProperty("offset").GetInt32(), whole.GetProperty("value").GetProperty("op").GetString()));
        Assert.Equal("{\"id\":3}", whole.GetProperty("key").GetRawText());

        await using var sink = scene.StartSink("tail", orders, "--from", "beginning", "--op", "d");
        Assert.Equal(0, await sink.WaitForExitAsync(Limit));
        Assert.Contains(" d public.orders id=4 ", Assert.Single(sink.Lines), StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task What_is_wrong_is_said_with_what_is_there()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE orders (id int PRIMARY KEY)", "public.orders");
        var (code, said) = await pipeline.RunToEndAsync("tail", $"{pipeline.Name}.public.order");
        Assert.Equal((3, true), (code, said.Contains($"there is no topic '{pipeline.Name}.public.order'", StringComparison.Ordinal)));
        Assert.Contains($"{pipeline.Name}.public.orders", said, StringComparison.Ordinal);
        Assert.Equal(2, (await pipeline.RunToEndAsync("tail", $"{pipeline.Name}.public.orders", "--partition", "7")).ExitCode);
        (code, said) = await pipeline.RunToEndAsync("tail", "a", "--from", "yesterday");
        Assert.Equal((2, true), (code, said.Contains("--from must be end, beginning, an offset", StringComparison.Ordinal)));
        (code, said) = await pipeline.RunToEndAsync("tail", "a", "--op", "x");
        Assert.Equal((2, true), (code, said.Contains("--op must be some of c, u, d, r, t, m", StringComparison.Ordinal)));
        pipeline.With("KAFKA_URL", $"127.0.0.1:{FreePort.Find()}");
        (code, said) = await pipeline.RunToEndAsync("tail", "a");
        Assert.Equal((4, true), (code, said.Contains("no answer from Kafka at 127.0.0.1", StringComparison.Ordinal)));
    }

    private static async Task<string> TailAsync(TestPipeline pipeline, params string[] arguments)
    {
        await using var tail = pipeline.Start(["tail", .. arguments]);
        Assert.True(await tail.WaitForExitAsync(Limit) == 0, tail.LastLines());
        Assert.Empty(tail.ErrorLines);
        return string.Join('\n', tail.Lines);
    }
}
