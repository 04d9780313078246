using System.Net;
using System.Net.Sockets;
using Npgsql;
using Penstock.EndToEnd;
using Penstock.Servers.Proxies;

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
    public async Task A_server_that_falls_silent_in_the_authentication_does_not_hold_up_a_stop()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var asked = AskForAPasswordAsync(listener);
        await using var lane = await fixture.LaneAsync();
        lane.Settings["DATABASE_URL"] = $"postgres://user:password@127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/nowhere?sslmode=disable";
        await using var pipeline = lane.Scene.Start();
        using var client = await asked.WaitAsync(TimeSpan.FromSeconds(30));
        await Task.Delay(500);
        Assert.Equal(0, await pipeline.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task Half_open_connections_in_the_checks_do_not_hold_up_a_stop()
    {
        await using var lane = await fixture.LaneAsync(throughPostgresProxy: true);
        // Each answer takes so long that the checks take many seconds.
        fixture.PostgresProxy.Weather = new ProxyWeather(LatencyMs: 200);
        try
        {
            await using var pipeline = lane.Scene.Start();
            await pipeline.WaitForLineAsync("memory bound", TimeSpan.FromSeconds(30));
            await Task.Delay(3000);
            fixture.PostgresProxy.HalfOpen();
            Assert.Equal(0, await pipeline.StopAsync(StopLimit));
            Assert.DoesNotContain(pipeline.Lines, line => line.Contains("snapshot begins", StringComparison.Ordinal) || line.Contains("streaming", StringComparison.Ordinal));
        }
        finally
        {
            fixture.PostgresProxy.Weather = ProxyWeather.Fair;
        }
    }

    [KafkaFact]
    public async Task Half_open_connections_in_the_creation_of_the_slot_do_not_hold_up_a_stop()
    {
        await using var lane = await fixture.LaneAsync(throughPostgresProxy: true);
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        // A transaction that has a number and stays open, which the slot has to wait for.
        await using var older = new NpgsqlConnection(fixture.Servers.Postgres.ConnectionString(lane.Scene.Database));
        await older.OpenAsync();
        await using var transaction = await older.BeginTransactionAsync();
        await using var number = new NpgsqlCommand("SELECT pg_current_xact_id()", older, transaction);
        await number.ExecuteScalarAsync();
        await using var pipeline = lane.Scene.Start();
        await pipeline.WaitForLineAsync("the slot waits for transactions", TimeSpan.FromSeconds(60));
        fixture.PostgresProxy.HalfOpen();
        Assert.Equal(0, await pipeline.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task Half_open_connections_in_the_COPY_of_a_snapshot_do_not_hold_up_a_stop()
    {
        await using var lane = await fixture.LaneAsync(throughPostgresProxy: true);
        var scene = lane.Scene;
        await scene.ExecuteAsync("CREATE TABLE ballast (id int PRIMARY KEY, body text); INSERT INTO ballast SELECT i, repeat('x', 400) FROM generate_series(1, 50000) i");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.ballast");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.ballast";
        fixture.PostgresProxy.Weather = new ProxyWeather(BytesPerSecond: 1_000_000);
        try
        {
            await using var pipeline = scene.Start();
            await pipeline.WaitForLineAsync("snapshot begins", TimeSpan.FromSeconds(60));
            await Task.Delay(1000);
            fixture.PostgresProxy.HalfOpen();
            Assert.Equal(0, await pipeline.StopAsync(StopLimit));
            Assert.DoesNotContain(pipeline.Lines, line => line.Contains("snapshot is complete", StringComparison.Ordinal));
        }
        finally
        {
            fixture.PostgresProxy.Weather = ProxyWeather.Fair;
        }
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

    /// <summary>A server that begins SCRAM and then says nothing; it keeps what comes later open too. The first connection.</summary>
    private static async Task<TcpClient> AskForAPasswordAsync(TcpListener listener)
    {
        var client = await listener.AcceptTcpClientAsync();
        byte[] startup = new byte[8];
        await client.GetStream().ReadExactlyAsync(startup);
        await client.GetStream().WriteAsync(new byte[] { (byte)'R', 0, 0, 0, 23, 0, 0, 0, 10, (byte)'S', (byte)'C', (byte)'R', (byte)'A', (byte)'M', (byte)'-', (byte)'S', (byte)'H', (byte)'A', (byte)'-', (byte)'2', (byte)'5', (byte)'6', 0, 0 });
        return client;
    }
}
