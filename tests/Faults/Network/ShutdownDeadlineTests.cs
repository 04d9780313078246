using System.Net;
using System.Net.Sockets;
using Penstock.EndToEnd;

namespace Penstock.Faults.Network;

/// <summary>SIGTERM ends the process within <c>shutdown.timeout.ms</c> (10 s), whatever it waits for at that moment.</summary>
public class ShutdownDeadlineTests(FaultFixture fixture) : IClassFixture<FaultFixture>
{
    /// <summary>The deadline, and a second for the machine.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(11);

    [KafkaFact]
    public async Task A_server_that_accepts_and_never_answers_does_not_hold_up_a_stop()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var lane = await fixture.LaneAsync();
        lane.Settings["DATABASE_URL"] = $"postgres://postgres@127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/nowhere";
        await using var pipeline = lane.Scene.Start();
        await pipeline.WaitForLineAsync("memory bound", TimeSpan.FromSeconds(30));
        Assert.Equal(0, await pipeline.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task Half_open_connections_to_the_database_do_not_hold_up_a_stop()
    {
        await using var lane = await fixture.LaneAsync(throughPostgresProxy: true);
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var pipeline = await lane.Scene.StartStreamingAsync();
        fixture.PostgresProxy.HalfOpen();
        Assert.Equal(0, await pipeline.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task A_database_and_a_broker_that_both_stand_still_do_not_hold_up_a_stop()
    {
        await using var lane = await fixture.LaneAsync();
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        await using var pipeline = await lane.Scene.StartStreamingAsync();
        lane.Load(workers: 1, pauseMs: 20);
        await Task.Delay(1000);
        await fixture.Servers.Kafka.PauseAsync();
        await Task.Delay(1000);
        fixture.Servers.Postgres.Pause();
        try
        {
            Assert.Equal(0, await pipeline.StopAsync(StopLimit));
        }
        finally
        {
            fixture.Servers.Postgres.Continue();
            await fixture.Servers.Kafka.ContinueAsync();
        }
    }
}
