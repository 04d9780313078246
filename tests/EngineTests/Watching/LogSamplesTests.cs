using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Penstock.Engine.Operations;
using Penstock.Engine.Watching;
using Penstock.EngineTests.Operations;

namespace Penstock.EngineTests.Watching;

public class LogSamplesTests
{
    private static string Written(LogFormat format, Action<ILogger> write)
    {
        using var output = new MemoryStream();
        using (var provider = new LogLineProvider(output, format, LogLevel.Information, withTime: format == LogFormat.Json))
        {
            write(provider.CreateLogger(""));
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static LogSample Sample()
    {
        var health = new HealthState();
        health.Enter(PipelineState.Streaming);
        health.Delivered(40);
        health.Delivery.Note(1_000, 1_250);
        health.Retains(new RetainedLog(500, 100, 2_000, null, AlarmLevel.None, null));
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        using var samples = new LogSamples(health, NullLogger.Instance, "worker.1", "shop", 20_000, clock);
        clock.Now += TimeSpan.FromSeconds(20);
        return samples.Next();
    }

    private static void Log(ILogger logger) => logger.Log(LogLevel.Information, default, Sample(), null, static (_, _) => "sample");

    /// <summary>As Heroku's log-runtime-metrics: the source first, figures with their unit behind them, nothing that stands for the line's level.</summary>
    [Fact]
    public void R13_a_log_drain_gets_figures_as_heroku_writes_them()
    {
        string line = Written(LogFormat.Logfmt, Log);
        Assert.StartsWith(
            "source=worker.1 pipeline=shop state=streaming sample#up=1 sample#events-total=40 sample#events-per-second=2 sample#delivery-seconds=0.25 sample#wal-retained-bytes=500 sample#wal-percentage-used=0.25 sample#interruptions-total=0 ",
            line,
            StringComparison.Ordinal);
        Assert.Matches(@" sample#memory=[0-9.]+MB\n\z", line);
        Assert.All(line.Trim().Split(' '), pair => Assert.Matches(@"^[a-z]+(#[a-z-]+)?=[a-zA-Z0-9.-]+$", pair));
    }

    [Fact]
    public void Json_has_the_same_names()
    {
        using var document = JsonDocument.Parse(Written(LogFormat.Json, Log));
        Assert.Equal("40", document.RootElement.GetProperty("sample#events-total").GetString());
        Assert.True(document.RootElement.TryGetProperty("ts", out _));
        Assert.False(document.RootElement.TryGetProperty("msg", out _));
    }

    [Theory]
    [InlineData(null, null, 0)]
    [InlineData("worker.1", null, 20_000)]
    [InlineData("worker.1", 0, 0)]
    [InlineData(null, 5_000, 5_000)]
    public void They_are_on_where_the_platform_is_herokus(string? dyno, int? given, int expected) =>
        Assert.Equal(expected, OperationsOptions.SampleInterval(given, dyno));
}
