using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Penstock.Postgres.Connection;
using Penstock.Postgres.State;
using Penstock.PostgresToKafka.Pipeline;

namespace Penstock.PostgresToKafkaTests.Pipeline;

public class PauseWatchTests
{
    [Fact]
    public async Task A_look_that_a_silent_database_holds_longer_than_the_end_waits_harms_nothing_when_it_ends()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = new DatabaseUrl { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, User = "u", Database = "d", Tls = TlsMode.Disable, ConnectTimeoutSeconds = 30 };
        using var database = new SourceDatabase(url);
        using var pausing = new CancellationTokenSource();
        var watch = new PauseWatch(new PauseFlag(database, "p"), pausing, () => { }, NullLogger.Instance);

        // The first look has begun, and hears nothing.
        var silent = await listener.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(30));
        var clock = Stopwatch.StartNew();
        watch.Dispose();
        Assert.InRange(clock.ElapsedMilliseconds, PauseWatch.PollMs - 100, 20_000);

        // Now it ends, and the timer says so to an event that must still be there: an exception on its thread would end this process. The time is the proof's: a process that ended fails the run.
        silent.Close();
        listener.Stop();
        await Task.Delay(2000);
        Assert.False(pausing.IsCancellationRequested);
    }
}
