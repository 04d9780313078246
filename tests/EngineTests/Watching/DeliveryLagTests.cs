using Penstock.Engine.Flow;
using Penstock.Engine.Watching;

namespace Penstock.EngineTests.Watching;

public class DeliveryLagTests
{
    [Fact]
    public void The_last_and_the_longest_are_told()
    {
        var lag = new DeliveryLag();
        Assert.Null(lag.LastSeconds);
        Assert.Equal(-1, lag.TakeMostMs());
        lag.Note(0, 5_000);
        Assert.Null(lag.LastSeconds);
        lag.Note(1_000, 3_500);
        lag.Note(3_400, 3_500);
        Assert.Equal((0.1, 2_500), (lag.LastSeconds, lag.TakeMostMs()));
        Assert.Equal(-1, lag.TakeMostMs());
        lag.Note(9_000, 3_500);
        Assert.Equal((0.0, 0), (lag.LastSeconds, lag.TakeMostMs()));
    }

    /// <summary>The time that a delivery gives is that of the oldest batch that the mark has passed by it: what it was held up by.</summary>
    [Fact]
    public void The_watermark_tells_when_what_it_passes_was_committed()
    {
        var watermark = new Watermark();
        watermark.Open(1, 1, 10, committedAtMs: 100);
        watermark.Open(2, 1, 20, committedAtMs: 200);
        watermark.Open(3, 1, 30);
        Assert.Equal(0, watermark.Deliver(2, 1));
        Assert.Equal(100, watermark.Deliver(1, 1));
        Assert.Equal(0, watermark.Deliver(3, 1));
        watermark.Open(4, 0, 40);
        Assert.Equal((40UL, 40UL), (watermark.OpenedPosition, watermark.Position));
    }
}
