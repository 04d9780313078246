using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;

namespace Penstock.EngineTests.Operations;

public sealed class LogLineProviderTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, 5, TimeSpan.Zero);

    private static string[] Lines(Action<ILogger> log, LogFormat format = LogFormat.Logfmt, LogLevel least = LogLevel.Information, bool withTime = false)
    {
        using var output = new MemoryStream();
        using var provider = new LogLineProvider(output, format, least, withTime, new ManualClock(Noon));
        log(provider.CreateLogger("Penstock.Postgres.Reader"));
        var text = Encoding.UTF8.GetString(output.ToArray());
        Assert.True(text.Length == 0 || text.EndsWith('\n'));
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void Placeholders_become_keys() =>
        Assert.Equal(["level=warn msg=\"table public.a has columns\" component=Reader column_count=3 seen_at=7"], Lines(static logger => logger.LogWarning("table {Table} has columns {ColumnCount} {SeenAt}", "public.a", 3, 7)));

    [Fact]
    public void Less_severe_events_are_left_out() => Assert.Empty(Lines(static logger => logger.LogInformation("x"), least: LogLevel.Warning));

    [Fact]
    public void None_is_silence() => Assert.Empty(Lines(static logger => logger.LogCritical("x"), least: LogLevel.None));

    [Fact]
    public void Json_is_json_with_the_time()
    {
        var line = Assert.Single(Lines(static logger => logger.LogInformation("say \"{What}\"\n", "hi"), LogFormat.Json, withTime: true));

        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal("2026-01-02T12:00:00.005Z", json.GetProperty("ts").GetString());
        Assert.Equal("say \"hi\"\n", json.GetProperty("msg").GetString());
        Assert.Equal("hi", json.GetProperty("what").GetString());
    }

    [Fact]
    public void An_error_is_said_in_words_and_only_a_defect_shows_its_stack()
    {
        static Exception Thrown()
        {
            try
            {
                throw new InvalidOperationException("outer", new IOException("inner"));
            }
            catch (InvalidOperationException e)
            {
                return e;
            }
        }

        var lines = Lines(static logger =>
        {
            logger.LogError(Thrown(), "x");
            logger.LogCritical(Thrown(), "x");
        });

        Assert.Equal("level=error msg=x component=Reader error=\"InvalidOperationException: outer <- IOException: inner\"", lines[0]);
        Assert.Contains(" stack=\"   at ", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LogFormat.Logfmt)]
    [InlineData(LogFormat.Json)]
    public void A_line_stays_under_8_kilobytes(LogFormat format)
    {
        var long1 = new string('ü', 20_000);
        var state = Enumerable.Range(0, 40).Select(i => new KeyValuePair<string, object?>("Key" + new string('k', 300) + i, long1)).ToList();

        var line = Assert.Single(Lines(logger => logger.Log(LogLevel.Critical, 0, state, null, (_, _) => long1 + "\n"), format));

        Assert.InRange(Encoding.UTF8.GetByteCount(line), 4000, 8191);
    }

    [Theory]
    [InlineData("DYNO", LogFormat.Logfmt, false)]
    [InlineData("JOURNAL_STREAM", LogFormat.Logfmt, false)]
    [InlineData("KUBERNETES_SERVICE_HOST", LogFormat.Logfmt, false)]
    [InlineData("HOME", LogFormat.Logfmt, true)]
    [InlineData("DYNO", LogFormat.Json, true)]
    public void Platforms_add_their_own_time(string variable, LogFormat format, bool wanted) =>
        Assert.Equal(wanted, LogLineProvider.WantsTime(format, name => name == variable ? "x" : null));

    [Fact]
    public void A_closed_output_is_counted_and_stops_nobody()
    {
        var output = new MemoryStream();
        using var provider = new LogLineProvider(output, LogFormat.Logfmt, LogLevel.Information, withTime: false);
        output.Dispose();

        provider.CreateLogger("x").LogInformation("x");

        Assert.Equal(1, provider.LostLines);
    }

    [Fact]
    public async Task A_reader_that_stands_still_holds_up_nobody_and_is_told_what_it_has_missed()
    {
        using var output = new PipeNobodyReads();
        using var provider = new LogLineProvider(output, LogFormat.Logfmt, LogLevel.Information, withTime: false);
        var logger = provider.CreateLogger("x");
        logger.LogInformation("before");
        output.Stand();
        const int Said = 20_000;

        await Task.Run(() =>
        {
            for (var i = 0; i < Said; i++)
            {
                logger.LogInformation("while it stands still, {Number}", i);
            }
        }).WaitAsync(TimeSpan.FromSeconds(10));

        var lost = provider.LostLines;
        Assert.InRange(lost, 1, Said - 1);
        output.Move();
        logger.LogInformation("after");
        var until = DateTime.UtcNow.AddSeconds(10);
        while (DateTime.UtcNow < until && !output.Text.Contains("msg=after", StringComparison.Ordinal))
        {
            await Task.Delay(20);
        }

        var lines = output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Said - lost + 3, lines.Length);
        Assert.Contains($"lines={lost}", Assert.Single(lines, line => line.Contains("dropped", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(lost, provider.LostLines);
    }

    [Fact]
    public async Task A_reader_that_stands_still_does_not_hold_up_the_end()
    {
        using var output = new PipeNobodyReads();
        var provider = new LogLineProvider(output, LogFormat.Logfmt, LogLevel.Information, withTime: false);
        output.Stand();
        await Task.Run(() =>
        {
            provider.CreateLogger("x").LogInformation("x");
            provider.Dispose();
        }).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("", output.Text);
    }
}
