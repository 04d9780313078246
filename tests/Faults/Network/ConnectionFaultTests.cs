using System.Runtime.CompilerServices;
using Penstock.EndToEnd;
using Penstock.Servers;
using Penstock.Servers.Proxies;
using Xunit.Abstractions;

namespace Penstock.Faults.Network;

/// <summary>What networks do to the pipeline's connections, to either side, under load.</summary>
public class ConnectionFaultTests(FaultFixture fixture, ITestOutputHelper output) : IClassFixture<FaultFixture>
{
    public enum Side
    {
        Postgres,
        Kafka,
    }

    [KafkaTheory]
    [InlineData(Side.Postgres)]
    [InlineData(Side.Kafka)]
    public Task Cut_again_and_again(Side side) => BreakAsync(side, async proxy =>
    {
        for (int i = 0; i < 4; i++)
        {
            proxy.Cut();
            await Task.Delay(700);
        }
    });

    [KafkaTheory]
    [InlineData(Side.Postgres)]
    [InlineData(Side.Kafka)]
    public Task Cut_and_refused_for_a_while(Side side) => BreakAsync(side, async proxy =>
    {
        proxy.Refuse();
        proxy.Cut();
        await Task.Delay(4000);
        proxy.Admit();
    });

    [KafkaTheory]
    [InlineData(Side.Postgres)]
    [InlineData(Side.Kafka)]
    public Task Half_open_connections_that_nobody_ends(Side side) => BreakAsync(side, proxy =>
    {
        proxy.HalfOpen();
        return Task.CompletedTask;
    });

    [KafkaTheory]
    [InlineData(Side.Postgres)]
    [InlineData(Side.Kafka)]
    public Task One_kilobyte_a_second(Side side) => BreakAsync(side, proxy => PassAsync(proxy, new ProxyWeather(BytesPerSecond: 1024), 10_000));

    [KafkaTheory]
    [InlineData(Side.Postgres)]
    [InlineData(Side.Kafka)]
    public Task Latency_of_a_quarter_second(Side side) => BreakAsync(side, proxy => PassAsync(proxy, new ProxyWeather(LatencyMs: 250), 5000));

    [KafkaTheory]
    [InlineData(Side.Postgres)]
    [InlineData(Side.Kafka)]
    public async Task Bytes_that_come_one_at_a_time(Side side)
    {
        // From the first byte of the connection, so that the handshake too is cut everywhere.
        Proxy(side).Weather = new ProxyWeather(PieceBytes: 1);
        try
        {
            await BreakAsync(side, _ => Task.Delay(3000), workers: 1, pauseMs: 150);
        }
        finally
        {
            Proxy(side).Weather = ProxyWeather.Fair;
        }
    }

    [KafkaTheory]
    [InlineData(Side.Postgres, 1)]
    [InlineData(Side.Postgres, 300)]
    [InlineData(Side.Postgres, 450)]
    [InlineData(Side.Kafka, 1)]
    [InlineData(Side.Kafka, 600)]
    public async Task Reset_during_the_handshake(Side side, int serverBytes)
    {
        var proxy = Proxy(side);
        int sprung = proxy.Sprung;
        await BreakAsync(side, async _ =>
        {
            proxy.ResetAfter(serverBytes, count: 5);
            proxy.Cut();
            await Task.Delay(3000);
        });
        Assert.Equal(sprung + 5, proxy.Sprung);
    }

    [KafkaFact]
    public async Task Reset_while_the_snapshot_copies()
    {
        await using var lane = await fixture.LaneAsync(throughPostgresProxy: true);
        var scene = lane.Scene;
        await scene.ExecuteAsync("CREATE TABLE ballast (id int PRIMARY KEY, body text); INSERT INTO ballast SELECT i, repeat('x', 400) FROM generate_series(1, 50000) i");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.ballast");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] += ",public.ballast";
        lane.Load(workers: 1, pauseMs: 50);
        await Task.Delay(1000);
        fixture.PostgresProxy.ResetAfter(5_000_000, count: 2);
        await using var pipeline = await scene.StartStreamingAsync();
        Assert.Contains(pipeline.Lines, line => line.Contains("interrupted", StringComparison.Ordinal));
        await lane.EndLoadAsync();
        using var reader = TopicReader.Of(scene.Kafka.Bootstrap, $"{scene.Name}.public.ballast");
        Assert.Equal(50_000, reader.ReadToEnd(TimeSpan.FromSeconds(60)).Select(record => record.KeyText).Distinct().Count());
        output.WriteRound((await lane.FinishAsync(pipeline, snapshot: true, lane.RowsOfEarlierSnapshots())).ToString());
    }

    [KafkaFact]
    public async Task A_snapshot_whose_connections_go_dead_begins_anew()
    {
        await using var lane = await fixture.LaneAsync(throughPostgresProxy: true);
        var scene = lane.Scene;
        await scene.ExecuteAsync("CREATE TABLE ballast (id int PRIMARY KEY, body text); INSERT INTO ballast SELECT i, repeat('x', 400) FROM generate_series(1, 50000) i");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.ballast");
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.ballast";
        fixture.PostgresProxy.Weather = new ProxyWeather(BytesPerSecond: 4_000_000);
        await using var pipeline = scene.Start();
        await pipeline.WaitForLineAsync("snapshot begins", TimeSpan.FromSeconds(60));
        await Task.Delay(1000);
        fixture.PostgresProxy.HalfOpen();
        fixture.PostgresProxy.Weather = ProxyWeather.Fair;
        await pipeline.WaitForLineAsync("msg=streaming", TimeSpan.FromSeconds(120));
        using var reader = TopicReader.Of(scene.Kafka.Bootstrap, $"{scene.Name}.public.ballast");
        Assert.Equal(50_000, reader.ReadToEnd(TimeSpan.FromSeconds(60)).Select(record => record.KeyText).Distinct().Count());
        Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
    }

    [KafkaFact]
    public Task Delivery_reports_that_are_lost_with_the_connection() => BreakAsync(Side.Kafka, async proxy =>
    {
        for (int i = 0; i < 4; i++)
        {
            // The broker writes what it gets and its answers do not arrive: the producer has to send again what is there already, and to notice.
            proxy.LoseAnswers();
            await Task.Delay(300);
            proxy.Cut();
            await Task.Delay(700);
        }
    });

    private TcpProxy Proxy(Side side) => side == Side.Postgres ? fixture.PostgresProxy : fixture.KafkaProxy;

    private static async Task PassAsync(TcpProxy proxy, ProxyWeather weather, int forMs)
    {
        proxy.Weather = weather;
        await Task.Delay(forMs);
        proxy.Weather = ProxyWeather.Fair;
    }

    private async Task BreakAsync(Side side, Func<TcpProxy, Task> fault, int workers = 2, int pauseMs = 30, [CallerMemberName] string test = "")
    {
        await using var lane = await fixture.LaneAsync(throughPostgresProxy: side == Side.Postgres, throughKafkaProxy: side == Side.Kafka);
        lane.Settings["PENSTOCK_SNAPSHOT_MODE"] = "no_data";
        // librdkafka's minute would be the test's.
        lane.Settings["PENSTOCK_KAFKA_SOCKET_TIMEOUT_MS"] = "8000";
        lane.Settings["PENSTOCK_KAFKA_REQUEST_TIMEOUT_MS"] = "8000";
        await using var pipeline = await lane.Scene.StartStreamingAsync();
        int accepted = Proxy(side).Accepted;
        Assert.True(accepted > 0, "the pipeline does not use the proxy");
        lane.Load(workers, pauseMs);
        await Task.Delay(1500);
        await fault(Proxy(side));
        await Task.Delay(1500);
        output.WriteRound($"{side}: {await lane.FinishAsync(pipeline)}", test);
    }
}
