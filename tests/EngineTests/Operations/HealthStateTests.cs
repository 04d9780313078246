using System.Text;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;

namespace Penstock.EngineTests.Operations;

public sealed class HealthStateTests : IDisposable
{
    private readonly MemoryStream _log = new();
    private readonly LogLineProvider _provider;
    private readonly HealthState _health;

    public HealthStateTests()
    {
        _provider = new LogLineProvider(_log, LogFormat.Logfmt, LogLevel.Information, withTime: false);
        _health = new HealthState(logger: _provider.CreateLogger(""));
    }

    public void Dispose()
    {
        _provider.Dispose();
        _log.Dispose();
    }

    private string[] Lines => Encoding.UTF8.GetString(_log.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void Each_change_is_one_line_and_the_same_state_again_is_none()
    {
        _health.Enter(PipelineState.Streaming);
        _health.Enter(PipelineState.Streaming);
        _health.Enter(PipelineState.BackingOff, "no route");
        _health.Enter(PipelineState.BackingOff, "no route at all");

        Assert.Equal(
            ["level=info msg=state state=starting", "level=info msg=state state=streaming before=starting", "level=info msg=state state=backing-off before=streaming"], Lines);
        Assert.Equal("no route at all", _health.Report().LastError);
    }

    [Fact]
    public void A_stop_is_followed_by_a_failure_or_by_nothing()
    {
        _health.Enter(PipelineState.Stopping);
        _health.Enter(PipelineState.Streaming);
        _health.Enter(new PauseReport("somebody", DateTimeOffset.UnixEpoch, 0, "kept"));
        Assert.Equal((PipelineState.Stopping, (PauseReport?)null), (_health.Report().State, _health.Report().Pause));

        _health.Enter(PipelineState.Failed, "broken");
        Assert.Equal((PipelineState.Failed, "broken"), (_health.Report().State, _health.Report().LastError));
    }
}
