using System.Text;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;

namespace Penstock.EngineTests.Operations;

public sealed class RecurringFailureTests : IDisposable
{
    private readonly ManualClock _clock = new(DateTimeOffset.UnixEpoch);
    private readonly MemoryStream _output = new();
    private readonly LogLineProvider _provider;
    private readonly RecurringFailure _failure;

    public RecurringFailureTests()
    {
        _provider = new LogLineProvider(_output, LogFormat.Logfmt, LogLevel.Information, withTime: false);
        _failure = new RecurringFailure(_provider.CreateLogger("x"), "the broker cannot be reached", _clock);
    }

    public void Dispose()
    {
        _provider.Dispose();
        _output.Dispose();
    }

    private string[] Lines => Encoding.UTF8.GetString(_output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void An_hour_of_one_failure_is_a_handful_of_lines()
    {
        var saidAtSeconds = new List<int>();
        for (var second = 0; second < 3600; second++)
        {
            _clock.Now = DateTimeOffset.UnixEpoch.AddSeconds(second);
            if (_failure.Failed("refused"))
            {
                saidAtSeconds.Add(second);
            }
        }

        Assert.Equal([0, 60, 180, 420, 720, 1020], saidAtSeconds.Take(6));
        Assert.Equal(saidAtSeconds.Count, Lines.Length);
        Assert.InRange(Lines.Length, 10, 20);
    }

    [Fact]
    public void The_end_is_said_once_with_what_it_took()
    {
        _failure.Failed("refused");
        _failure.Failed("refused");
        _clock.Now += TimeSpan.FromSeconds(34);
        _failure.Recovered();
        _failure.Recovered();

        Assert.Equal(2, Lines.Length);
        Assert.Contains("it took 2 attempts and 34 s", Lines[1], StringComparison.Ordinal);
        Assert.False(_failure.IsFailing);
        Assert.True(_failure.Failed("refused"));
    }

    [Fact]
    public void A_new_reason_is_said_at_once_but_not_for_ever()
    {
        for (var i = 0; i < 100; i++)
        {
            _failure.Failed("reason " + i);
        }

        Assert.Equal(8, Lines.Length);
    }

    [Fact]
    public void Nothing_is_said_when_nothing_failed()
    {
        _failure.Recovered();

        Assert.Empty(Lines);
    }
}
