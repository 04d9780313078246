using System.Diagnostics;
using Penstock.Kafka.Connection;

namespace Penstock.KafkaTests.Connection;

public sealed class ClientEndTests
{
    [Fact]
    public void A_client_whose_threads_hang_is_left_alone_in_time()
    {
        using var hanging = new Client(Timeout.Infinite);
        var clock = Stopwatch.StartNew();
        Assert.False(ClientEnd.InTime(hanging, 200));
        Assert.InRange(clock.ElapsedMilliseconds, 150, 10_000);
        hanging.LetGo();
    }

    [Fact]
    public void Any_other_is_ended()
    {
        using var quick = new Client(0);
        Assert.True(ClientEnd.InTime(quick, 10_000));
        Assert.True(quick.IsEnded);
    }

    private sealed class Client(int endMs) : IDisposable
    {
        private readonly ManualResetEventSlim _go = new();

        public bool IsEnded { get; private set; }

        public void LetGo() => _go.Set();

        public void Dispose()
        {
            _go.Wait(endMs);
            IsEnded = true;
        }
    }
}
