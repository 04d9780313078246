using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>One event that holds everything up is left out, by the command that the error names, and nothing else is.</summary>
public sealed partial class SkipTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    [GeneratedRegex("type: (postgres-to-kafka (skip --position [0-9A-F]+/[0-9A-F]+:[0-9]+))")]
    private static partial Regex Command();

    [KafkaFact]
    public async Task The_event_that_stops_the_pipeline_is_left_out_by_the_command_that_the_error_names()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v numeric, secret text)", "public.a");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_EVENT_CONVERTING_FAILURE_HANDLING_MODE", "fail");
        string undecodable;
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 1, ''), (2, 'NaN', 'swordfish'), (3, 3, '')");
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (4, 4, ''), (5, 5, repeat('swordfish', 300000)), (6, 6, '')");
            Assert.Equal(1, await process.WaitForExitAsync(StopLimit));
            undecodable = Command().Match(string.Join('\n', process.Lines)).Groups[2].Value;
        }

        var (code, said) = await pipeline.RunToEndAsync(undecodable.Split(' '));
        Assert.True(code == 0 && said.Contains("is noted: pipeline", StringComparison.Ordinal), said);
        (code, said) = await pipeline.RunToEndAsync(undecodable.Split(' '));
        Assert.True(code == 0 && said.Contains("was noted already", StringComparison.Ordinal), said);
        Assert.Contains("the pipeline has not come to it", (await pipeline.RunToEndAsync("status")).Output, StringComparison.Ordinal);

        // Where notes go has to be there: the message says what to type, and the pipeline waits for it.
        string oversized;
        await using (var process = pipeline.Start())
        {
            await process.WaitForLineAsync($"topic '{pipeline.Name}.dead-letter' does not exist.*type: kafka-topics.sh", StopLimit);
            await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.dead-letter");
            await process.WaitForLineAsync("level=warn msg=\"left out, as asked by skip\" position=[0-9A-F]+/[0-9A-F]+:1 table=public.a operation=c reason=\"cannot decode", StopLimit);
            // The next one that does not pass stops it as before: nobody asked to leave that out.
            Assert.Equal(1, await process.WaitForExitAsync(StopLimit));
            oversized = Command().Match(string.Join('\n', process.Lines)).Groups[2].Value;
            Assert.DoesNotContain("swordfish", string.Concat(process.Lines), StringComparison.Ordinal);
        }

        Assert.NotEqual(undecodable, oversized);
        Assert.Equal(0, (await pipeline.RunToEndAsync(oversized.Split(' '))).ExitCode);
        // A place that no event has.
        Assert.Equal(0, (await pipeline.RunToEndAsync("skip", "--position", Regex.Replace(oversized, ".*position (.*):.*", "$1:77"))).ExitCode);
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.WaitUntilConfirmedAsync();
            Assert.Equal(0, await process.StopAsync(StopLimit));
            Assert.DoesNotContain("swordfish", string.Concat(process.Lines), StringComparison.Ordinal);
        }

        Assert.Equal(["1", "3", "4", "6"], pipeline.ReadToEnd().Select(record => record.Json().GetProperty("after").GetProperty("id").GetRawText()).Distinct());
        using var reader = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, $"{pipeline.Name}.dead-letter");
        var notes = reader.ReadToEnd(StopLimit).Select(note => JsonDocument.Parse(note.Value!).RootElement).DistinctBy(note => note.GetProperty("lsn").GetString()).ToArray();
        Assert.Equal([$"{undecodable[16..]}", oversized[16..]], notes.Select(note => $"{note.GetProperty("lsn").GetString()}:{note.GetProperty("ordinal").GetInt64()}"));
        Assert.All(notes, note => Assert.Equal(("public.a", $"{pipeline.Name}.public.a", "c"), (note.GetProperty("table").GetString(), note.GetProperty("topic").GetString(), note.GetProperty("op").GetString())));
        Assert.Equal("2 1", await pipeline.ScalarAsync<string>("SELECT count(*) FILTER (WHERE done_at IS NOT NULL AND operation = 'c' AND asked_by LIKE '%@%') || ' ' || count(*) FILTER (WHERE done_at IS NULL) FROM penstock.skipped_events"));
        string status = (await pipeline.RunToEndAsync("status")).Output;
        Assert.Contains("never met: ", status, StringComparison.Ordinal);
        Assert.Contains($"{oversized[16..]}, asked for ", status, StringComparison.Ordinal);
        Assert.Equal(["done", "done", "passed"], JsonDocument.Parse((await pipeline.RunToEndAsync("status", "--json")).Output).RootElement.GetProperty("skips").EnumerateArray().Select(skip => skip.GetProperty("outcome").GetString()));
        Assert.Contains("was left out already, at 20", (await pipeline.RunToEndAsync(undecodable.Split(' '))).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await pipeline.RunToEndAsync("destroy", "--confirm", pipeline.Name)).ExitCode);
        Assert.Equal(0, await pipeline.ScalarAsync<long>("SELECT count(*) FROM penstock.skipped_events"));
    }

    [KafkaFact]
    public async Task What_cannot_be_skipped_is_refused_with_the_reason()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY)", "public.a");
        foreach (string wrong in (string[])["5", "0/1", "0/1:x", "0/1:-1", "1:2"])
        {
            var (code, said) = await pipeline.RunToEndAsync("skip", "--position", wrong);
            Assert.True(code == 2 && said.Contains("the LSN of a commit, a colon", StringComparison.Ordinal), said);
        }

        Assert.Equal((3, true), await RefusedAsync("no pipeline \""));
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (1)");
            await pipeline.WaitUntilConfirmedAsync();
            await pipeline.ExecuteAsync("INSERT INTO a VALUES (2)");
            await pipeline.WaitUntilConfirmedAsync();
            Assert.Equal((3, true), await RefusedAsync("lies behind it, and no event of it comes again. Nothing was noted."));
            Assert.Equal(0, await process.StopAsync(StopLimit));
        }

        pipeline.With("PENSTOCK_STATE", "none");
        Assert.Equal((2, true), await RefusedAsync("there is no place where it could be noted"));

        async Task<(int, bool)> RefusedAsync(string reason)
        {
            var (code, said) = await pipeline.RunToEndAsync("skip", "--position", "0/100:0");
            return (code, said.Contains(reason, StringComparison.Ordinal));
        }
    }
}
