using System.Diagnostics;
using System.Text.RegularExpressions;
using Penstock.EndToEnd;
using Xunit.Abstractions;

namespace Penstock.Faults.Pipelines;

/// <summary>A platform's rolling restart: the new process is there for half a minute before the old one is told to end.</summary>
public class PipelinesOverlapTests(FaultFixture fixture, ITestOutputHelper output) : IClassFixture<FaultFixture>
{
    [KafkaFact]
    public async Task Old_and_new_overlap_for_30_seconds_under_load_quietly_and_the_new_one_takes_over_within_five_seconds()
    {
        await using var lane = await fixture.LaneAsync();
        // As they are for users.
        lane.Settings.Remove("PENSTOCK_SLOT_RETRY_DELAY_MS");
        lane.Settings.Remove("PENSTOCK_SLOT_MAX_RETRIES");
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var old = await lane.Scene.StartStreamingAsync();
        lane.Load();
        await using var next = lane.Scene.Start();
        await next.WaitForLineAsync("standby: ", TimeSpan.FromSeconds(30));
        await Task.Delay(TimeSpan.FromSeconds(30));
        var watch = Stopwatch.StartNew();
        Assert.Equal(0, await old.StopAsync(TimeSpan.FromSeconds(20)));
        var stopped = watch.Elapsed;
        await next.WaitForLineAsync("msg=\"?streaming", TimeSpan.FromSeconds(30));
        var taken = watch.Elapsed - stopped;
        output.WriteRound($"stopped in {stopped.TotalSeconds:F1} s, taken over {taken.TotalSeconds:F1} s later");
        Assert.True(taken < TimeSpan.FromSeconds(5), $"taken over after {taken}");
        await Task.Delay(2000);
        output.WriteRound((await lane.FinishAsync(next)).ToString());
        // The reason, the state, and its end, each once.
        Assert.Equal(3, next.Lines.Count(line => line.Contains("standby", StringComparison.Ordinal)));
        Assert.DoesNotContain(old.Lines.Concat(next.Lines), line => Regex.IsMatch(line, "level=(warn|error|fatal) (?!msg=\"librdkafka)"));
        Assert.Empty(old.ErrorLines.Concat(next.ErrorLines));
    }
}
