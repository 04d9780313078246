using System.Diagnostics;
using Penstock.Postgres.Connection;

namespace Penstock.PostgresTests.Connection;

public sealed class OpeningTests
{
    private static readonly DatabaseUrl Url = new() { Host = "127.0.0.1", User = "u", Database = "d", ConnectTimeoutSeconds = 1 };

    [Fact]
    public async Task What_does_not_heed_the_end_of_its_time_is_left_alone()
    {
        var never = new TaskCompletionSource<int>();
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAsync<TimeoutException>(() => Task.Run(() => Opening.InTime(Url, _ => never.Task, longestBeginMs: 500))).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(clock.ElapsedMilliseconds, 1400, 15_000);
    }

    [Fact]
    public async Task What_heeds_it_ends_a_second_after_the_connect_time_out()
    {
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAsync<TimeoutException>(() => Task.Run(() => Opening.InTime(
            Url,
            async stop =>
            {
                await Task.Delay(Timeout.Infinite, stop);
                return 0;
            }))).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(clock.ElapsedMilliseconds, 1900, 15_000);
    }
}
