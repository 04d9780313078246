using System.Text;
using System.Text.RegularExpressions;
using Penstock.EndToEnd;
using Penstock.Servers;
using Penstock.Servers.Histories;
using Xunit.Abstractions;

namespace Penstock.Faults.Failpoints;

/// <summary>Every hand-over of the program, broken at its very place: the failpoints that the sources name, in a build of their own.</summary>
public class FailpointTests(FaultFixture fixture, ITestOutputHelper output) : IClassFixture<FaultFixture>
{
    private static readonly string[] Places = [.. FindPlaces()];

    [KafkaFact]
    public async Task A_crash_at_each_of_them_loses_nothing() => await WalkAsync("crash", async (lane, place) =>
    {
        await using var pipeline = lane.Scene.Start();
        if (place.StartsWith("stop.", StringComparison.Ordinal))
        {
            await pipeline.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60));
            pipeline.TrySignal(Signal.Terminate);
        }

        Assert.Equal(137, await pipeline.WaitForExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains(pipeline.Lines, line => line == $"failpoint {place}: crash");
    });

    [KafkaFact]
    public async Task An_error_at_each_of_them_is_survived() => await WalkAsync("error", async (lane, place) =>
    {
        await using var pipeline = lane.Scene.Start();
        if (place.StartsWith("stop.", StringComparison.Ordinal))
        {
            await pipeline.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(60));
            Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
            return;
        }

        await pipeline.WaitForLineAsync($"failpoint {place}: error", TimeSpan.FromSeconds(60));
        // It goes on by itself.
        await pipeline.WaitForLineAsync("msg=\"over: the pipeline is interrupted", TimeSpan.FromSeconds(60));
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
    });

    [KafkaFact]
    public async Task Delays_everywhere_at_random_lose_and_reorder_nothing()
    {
        await using var lane = await fixture.LaneAsync();
        Prepare(lane);
        lane.Settings["PENSTOCK_FAILPOINTS"] = "*=delay:30@10%;*=delay:500@0.3%";
        lane.Load(workers: 2, pauseMs: 20);
        await using var pipeline = await lane.Scene.StartStreamingAsync();
        await Task.Delay(6000);
        output.WriteRound((await lane.FinishAsync(pipeline, snapshot: true)).ToString());
    }

    [KafkaFact]
    public async Task A_slot_that_is_moved_while_it_starts_is_a_gap_where_the_server_would_forward_it_in_silence()
    {
        await using var lane = await fixture.LaneAsync();
        Prepare(lane);
        await lane.MakeSlotAsync();
        // Between the look at the slot and the start of the stream.
        lane.Settings["PENSTOCK_FAILPOINTS"] = "slot.ensured=delay:12000";
        await using var pipeline = lane.Scene.Start();
        await Task.Delay(6000);
        await lane.Scene.ExecuteAsync("INSERT INTO account (id, version) VALUES (1, 1)");
        await lane.Scene.ExecuteAsync($"SELECT pg_replication_slot_advance('{lane.Scene.Name}', pg_current_wal_lsn())");
        Assert.Equal(3, await pipeline.WaitForExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains(pipeline.Lines, line => line.Contains("it was moved while this process started", StringComparison.Ordinal));
        Assert.Contains(pipeline.Lines, line => line.Contains("level=error", StringComparison.Ordinal) && line.Contains("or moved by somebody else", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_hand_over_has_one_and_the_published_program_has_none()
    {
        output.WriteLine(string.Join(' ', Places));
        Assert.True(Places.Length >= 20, $"only {Places.Length} places");
        Assert.Equal(Places.Distinct(), Places);
        foreach (string library in Directory.EnumerateFiles(Path.GetDirectoryName(Repository.PostgresToKafka())!, "*.dll"))
        {
            // A string of the program stands in it as UTF-16.
            Assert.Equal(-1, File.ReadAllBytes(library).AsSpan().IndexOf(Encoding.Unicode.GetBytes("PENSTOCK_FAILPOINTS")));
        }
    }

    private async Task WalkAsync(string action, Func<Lane, string, Task> meetAsync)
    {
        // Those of the snapshot come in a lane's first life only, so each has a lane of its own; the others share one.
        var alone = Places.Where(place => place.StartsWith("snapshot.", StringComparison.Ordinal) || place.StartsWith("publication.", StringComparison.Ordinal)).ToList();
        // A delivery report comes on a thread of librdkafka, where nothing may be thrown; before the program's own boundary an error is any program's.
        string[] noErrors = ["delivery.report", "delivery.counted", "program.start"];
        var together = Places.Except(alone).Where(place => action != "error" || !noErrors.Contains(place)).ToList();
        async Task<HistoryReport> LaneAsync(IEnumerable<string> places, bool snapshot)
        {
            await using var lane = await fixture.LaneAsync();
            Prepare(lane);
            if (!snapshot)
            {
                await lane.MakeSlotAsync();
            }

            lane.Load(workers: 1, pauseMs: 30);
            foreach (string place in places)
            {
                // The third time falls into the work, except where there is a first time only.
                bool often = Regex.IsMatch(place, "^(reader|decoder|watermark|size|partitioner|producer|delivery|status)");
                lane.Settings["PENSTOCK_FAILPOINTS"] = $"{place}={action}@{(often ? 3 : 1)}";
                try
                {
                    await meetAsync(lane, place);
                    output.WriteRound($"{action} at {place}, {lane.Workload.Committed} transactions so far");
                }
                catch (ServerException failed)
                {
                    throw new ServerException($"{place}: {failed.Message}\n{lane.Workload.Committed} transactions so far\n{await lane.DescribeAsync()}", failed);
                }
            }

            lane.Settings.Remove("PENSTOCK_FAILPOINTS");
            // A first snapshot that is taken again is whole by itself: what its forerunner has left in the topics does not count. With the slot in place the stream has all that followed.
            bool slotStays = await lane.Scene.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_replication_slots WHERE database = current_database() AND NOT temporary)");
            bool madeAtOnce = places.Any(place => place is "snapshot.slot-made" or "snapshot.state-written");
            var before = !slotStays ? lane.Scene.ReadJournalTopics() : snapshot && !madeAtOnce ? lane.RowsOfEarlierSnapshots() : null;
            await using var last = await lane.Scene.StartStreamingAsync();
            try
            {
                return await lane.FinishAsync(last, snapshot, before);
            }
            catch (Xunit.Sdk.XunitException wrong)
            {
                throw new ServerException($"{string.Join(' ', places)}: {wrong.Message}", wrong);
            }
        }

        var running = new List<Task<HistoryReport>> { LaneAsync(together, snapshot: false) };
        running.AddRange(alone.Chunk((alone.Count + 1) / 2).Select(async some =>
        {
            var reports = new List<HistoryReport>();
            foreach (string place in some)
            {
                reports.Add(await LaneAsync([place], snapshot: true));
            }

            return HistoryReport.Of(reports);
        }));
        output.WriteRound($"{Places.Length} places; {HistoryReport.Of(await Task.WhenAll(running))}");
    }

    private static void Prepare(Lane lane)
    {
        lane.Scene.Program = Repository.WithFailpoints() ?? throw new ServerException("the build with failpoints is missing: dotnet build connectors/PostgresToKafka -c Failpoints");
        lane.Settings["PENSTOCK_HEARTBEAT_INTERVAL_MS"] = "0";
    }

    private static IEnumerable<string> FindPlaces() =>
        from folder in new[] { "engine", "connectors" }
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal)
        from Match found in Regex.Matches(File.ReadAllText(file), "Failpoint\\.Reach\\(\"([^\"]+)\"\\)")
        orderby found.Groups[1].Value
        select found.Groups[1].Value;
}
