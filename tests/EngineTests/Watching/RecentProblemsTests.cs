using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;
using Penstock.Engine.Watching;

namespace Penstock.EngineTests.Watching;

public class RecentProblemsTests
{
    [Fact]
    public void Problems_are_counted_and_the_last_ones_are_kept()
    {
        using var problems = new RecentProblems();
        var log = problems.CreateLogger("");
        log.LogInformation("nothing");
        for (int i = 0; i < 60; i++)
        {
            log.LogWarning("warning {Number}", i);
        }

        log.LogError(new InvalidOperationException("why"), "an error");
        log.LogCritical("{Text}", new string('x', 5000));

        Assert.Equal((60, 1, 1), (problems.Warnings, problems.Errors, problems.Fatal));
        var kept = problems.Latest();
        Assert.Equal(RecentProblems.MostKept, kept.Count);
        Assert.Equal((RecentProblems.MostChars + 1, "an error (InvalidOperationException: why)", "warning 59"), (kept[0].Text.Length, kept[1].Text, kept[2].Text));
    }

    [Fact]
    public void They_are_seen_whatever_the_log_leaves_out()
    {
        using var problems = new RecentProblems();
        var options = new OperationsOptions { LogLevel = LogLevel.None, LogFormat = LogFormat.Logfmt, HealthAddress = null, ShutdownTimeoutMs = 1000 };
        using var logs = LogLineProvider.StandardOutput(options, problems);
        logs.CreateLogger("").LogWarning("quiet");
        logs.CreateLogger("").LogInformation("nothing");
        Assert.Equal("quiet", Assert.Single(problems.Latest()).Text);
    }
}
