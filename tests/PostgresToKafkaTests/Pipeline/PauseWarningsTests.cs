using Penstock.PostgresToKafka.Pipeline;

namespace Penstock.PostgresToKafkaTests.Pipeline;

public class PauseWarningsTests
{
    [Fact]
    public void Warns_at_a_minute_and_64_MB_and_then_at_each_doubling_once()
    {
        var warnings = new PauseWarnings();
        int[] due = [.. Enumerable.Range(0, 24 * 60).Where(minute => warnings.IsDue(TimeSpan.FromMinutes(minute), 0))];
        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024], due);
        Assert.True(warnings.IsDue(TimeSpan.Zero, 64L << 20));
        Assert.False(warnings.IsDue(TimeSpan.Zero, 127L << 20));
        // A jump over several marks is one warning.
        Assert.True(warnings.IsDue(TimeSpan.Zero, 10L << 30));
        Assert.False(warnings.IsDue(TimeSpan.Zero, 15L << 30));
    }
}
