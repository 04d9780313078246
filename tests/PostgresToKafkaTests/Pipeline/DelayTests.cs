using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Penstock.Engine.Operations;
using Penstock.PostgresToKafka.Pipeline;
using Penstock.PostgresToKafkaTests.Settings;

namespace Penstock.PostgresToKafkaTests.Pipeline;

/// <summary>Pauses that the user sets, in a whole run with the Kafka that is in the program: a stop does not wait for their end.</summary>
[Collection(PipelineServerCollection.Name)]
public sealed class DelayTests(PipelineServer postgres)
{
    [Theory]
    [InlineData("PENSTOCK_SNAPSHOT_DELAY_MS", "SELECT EXISTS (SELECT FROM penstock.pipeline)", false)]
    [InlineData("PENSTOCK_STREAMING_DELAY_MS", "SELECT EXISTS (SELECT FROM penstock.pipeline WHERE snapshot_completed_at IS NOT NULL)", true)]
    public async Task A_stop_ends_it_at_once(string setting, string reachedSql, bool hasSlot)
    {
        var url = await postgres.NewDatabaseAsync("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
        string slot = $"delay_{url.Database}";
        var options = TestSettings.Read(
            ("DATABASE_URL", postgres.Server.Url(url.Database)), ("KAFKA_URL", "embedded:"), ("PENSTOCK_TOPIC_PREFIX", "delay"), ("PENSTOCK_SLOT_NAME", slot), ("PENSTOCK_TABLE_INCLUDE_LIST", "public.t"), (setting, "600000"));
        var health = new HealthState(TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = Task.Run(() => new Supervisor(options, NullLoggerFactory.Instance, health).RunAsync(stop.Token));
        await PipelineServer.UntilAsync(
            async () => running.IsCompleted || (await postgres.Server.ScalarAsync<bool>("SELECT to_regclass('penstock.pipeline') IS NOT NULL", url.Database) && await postgres.Server.ScalarAsync<bool>(reachedSql, url.Database)),
            "the pause is reached");
        // Nothing but the pause follows.
        await Task.Delay(1_000);
        Assert.False(running.IsCompleted, health.Report().LastError);
        Assert.NotEqual(PipelineState.Streaming, health.Report().State);
        var clock = Stopwatch.StartNew();
        await stop.CancelAsync();
        Assert.Equal(0, await running.WaitAsync(TimeSpan.FromSeconds(15)));
        Assert.InRange(clock.ElapsedMilliseconds, 0, 5_000);
        Assert.Equal(hasSlot, await postgres.Server.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{slot}')"));
    }
}
