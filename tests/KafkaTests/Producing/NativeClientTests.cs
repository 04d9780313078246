using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Producing;

namespace Penstock.KafkaTests.Producing;

/// <summary>The end of a producer's client does not wait for what hangs. That of the client itself is <see cref="ClientEnd"/>'s.</summary>
public sealed class NativeClientTests
{
    [Fact]
    public async Task A_broker_that_takes_connections_and_says_nothing_does_not_hold_up_the_end()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = NewClient(((IPEndPoint)listener.LocalEndpoint).Port, new RecordedLog(), 5_000);
        using var silent = await listener.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(30));
        // It waits for an answer now.
        await Task.Delay(300);
        var clock = Stopwatch.StartNew();
        await Task.Run(client.Dispose).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(clock.ElapsedMilliseconds, 0, 4_000);
    }

    [Fact]
    public async Task A_reports_thread_that_hangs_in_the_log_is_left_alone()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        // Nothing listens there any more, which is worth a line.
        using var log = new HangingLog();
        var client = NewClient(port, log, 500);
        Assert.True(log.Reached.Wait(20_000));
        var clock = Stopwatch.StartNew();
        await Task.Run(client.Dispose).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(clock.ElapsedMilliseconds, 400, 4_000);
        log.LetGo();
    }

    private static NativeClient NewClient(int port, ILogger log, int closeMs) =>
        new(new ProducerConfig { BootstrapServers = $"127.0.0.1:{port}" }, new ClientLog(log), (_, _) => { }, _ => { }, (_, _) => { }, closeMs);

    private sealed class HangingLog : ILogger, IDisposable
    {
        private readonly ManualResetEventSlim _go = new();

        public ManualResetEventSlim Reached { get; } = new();

        public void LetGo() => _go.Set();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Reached.Set();
            _go.Wait(60_000);
        }

        // Not the events: the thread that hung may still come by.
        public void Dispose() => _go.Set();
    }
}
