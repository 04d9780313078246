using Penstock.Engine.Flow;

namespace Penstock.EngineTests.Flow;

public class BackoffTests
{
    [Fact]
    public void Doubles_to_the_longest_pause_and_starts_anew_after_a_success()
    {
        var backoff = new Backoff(100, 1000, () => 0);
        Assert.Equal([100, 200, 400, 800, 1000, 1000], Enumerable.Range(0, 6).Select(_ => backoff.Next()));
        Assert.Equal(6, backoff.Failures);
        backoff.Succeeded();
        Assert.Equal(0, backoff.Failures);
        Assert.Equal(100, backoff.Next());
    }

    [Theory]
    [InlineData(0.0, 1000)]
    [InlineData(0.5, 750)]
    [InlineData(0.999, 501)]
    public void Jitter_takes_off_up_to_half(double random, int expectedMs)
    {
        Assert.Equal(expectedMs, new Backoff(1000, 1000, () => random).Next());
    }
}
