using Penstock.Engine.Operations;
using Penstock.PostgresToKafka.Pipeline;

namespace Penstock.PostgresToKafkaTests.Pipeline;

public class WalAlarmsTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 28, 0, 0, 0, TimeSpan.Zero);
    private readonly WalAlarms _alarms = new();

    [Fact]
    public void What_rises_is_said_at_once_and_once()
    {
        Assert.False(Look(AlarmLevel.None, 1, 0));
        Assert.True(Look(AlarmLevel.Warning, 100, 5));
        Assert.False(Look(AlarmLevel.Warning, 110, 10));
        Assert.True(Look(AlarmLevel.Critical, 120, 15));
        Assert.False(Look(AlarmLevel.Critical, 130, 20));
    }

    [Fact]
    public void What_stays_is_said_again_when_it_has_doubled_or_lasted()
    {
        Assert.True(Look(AlarmLevel.Warning, 100, 0));
        Assert.True(Look(AlarmLevel.Warning, 200, 5));
        Assert.False(Look(AlarmLevel.Warning, 399, 3604));
        Assert.True(Look(AlarmLevel.Warning, 399, 3605));
        Assert.True(Look(AlarmLevel.Critical, 400, 3610));
        Assert.False(Look(AlarmLevel.Critical, 400, 3610 + 599));
        Assert.True(Look(AlarmLevel.Critical, 400, 3610 + 600));
    }

    [Fact]
    public void What_falls_is_said_when_it_has_stayed_lower_for_a_minute()
    {
        Assert.True(Look(AlarmLevel.Critical, 100, 0));
        Assert.False(Look(AlarmLevel.Warning, 50, 30));
        Assert.False(Look(AlarmLevel.Critical, 100, 40));
        Assert.False(Look(AlarmLevel.None, 1, 90));
        Assert.Equal(AlarmLevel.Critical, _alarms.Level);
        Assert.True(Look(AlarmLevel.None, 1, 100));
        Assert.Equal(AlarmLevel.None, _alarms.Level);
        Assert.False(Look(AlarmLevel.None, 1, 10_000));
    }

    private bool Look(AlarmLevel level, long held, double seconds) => _alarms.IsDue(level, held, Start.AddSeconds(seconds));
}
