using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;
using Penstock.EndToEnd;
using Penstock.Servers;
using Penstock.Servers.Proxies;
using Xunit.Abstractions;

namespace Penstock.Faults.Pipelines;

/// <summary>Ordinary restarts (SIGTERM, start) while there is much to do: what Debezium loses by (dbz#76, dbz#1554), without a warning.</summary>
public class PipelineRestartedTests(FaultFixture fixture, ITestOutputHelper output) : IClassFixture<FaultFixture>
{
    [KafkaFact]
    public async Task Eight_ordinary_restarts_while_a_COPY_backlog_drains_lose_nothing_dbz_1554()
    {
        int rows = FaultOptions.BacklogRows;
        await using var lane = await fixture.LaneAsync(throughPostgresProxy: true);
        var scene = lane.Scene;
        await scene.ExecuteAsync("CREATE TABLE orders (id int PRIMARY KEY, note text)");
        await scene.Kafka.CreateTopicAsync($"{scene.Name}.public.orders", 3);
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = "public.orders";
        await lane.MakeSlotAsync();
        await CopyAsync(scene, rows, rowsPerCopy: 2500);

        // About five seconds for the whole of it, so that the restarts find it under way.
        fixture.PostgresProxy.Weather = new ProxyWeather(BytesPerSecond: rows * 100 / 5);
        int whileDraining = 0;
        for (int restart = 0; restart < 8; restart++)
        {
            await using var pipeline = await scene.StartStreamingAsync();
            await Task.Delay(lane.Random.Next(100, 500));
            Assert.Equal(0, await pipeline.StopAsync(TimeSpan.FromSeconds(20)));
            whileDraining += await scene.ScalarAsync<bool>($"SELECT confirmed_flush_lsn < pg_current_wal_lsn() - 4096::numeric FROM pg_replication_slots WHERE slot_name = '{scene.Name}'") ? 1 : 0;
        }

        fixture.PostgresProxy.Weather = ProxyWeather.Fair;
        await using var last = await scene.StartStreamingAsync();
        Assert.True(await scene.WaitUntilConfirmedAsync(TimeSpan.FromSeconds(120)), last.LastLines());
        Assert.Equal(0, await last.StopAsync(TimeSpan.FromSeconds(20)));
        using var reader = TopicReader.Of(scene.Kafka.Bootstrap, $"{scene.Name}.public.orders");
        var events = reader.ReadToEnd(TimeSpan.FromSeconds(120)).GroupBy(record => record.KeyText!).ToList();
        output.WriteRound($"{rows} rows, {whileDraining} of 8 restarts while they drained, {events.Sum(key => key.Count())} events, {rows - events.Count} missing");
        Assert.Equal(rows, events.Count);
        Assert.True(whileDraining > 0, "the backlog was gone before the first restart");
        // A row that came again is the same row of the same commit.
        Assert.All(events.Where(key => key.Count() > 1), key => Assert.Single(key.Select(record => Identity(record.ValueText!)).Distinct()));
    }

    [KafkaFact]
    public async Task Terminated_at_random_moments_it_loses_and_reorders_nothing_and_each_position_is_one_record()
    {
        await using var lane = await fixture.LaneAsync();
        lane.Settings["PENSTOCK_POSITION_HEADER_ENABLED"] = "true";
        await lane.MakeSlotAsync();
        lane.Load();
        for (int round = 0; round < 10; round++)
        {
            await using var pipeline = lane.Scene.Start();
            // Before the handler of the signal is in place the process ends with 143, as any program.
            await Task.Delay(lane.Random.Next(50, 2500));
            Assert.True(await pipeline.StopAsync(TimeSpan.FromSeconds(20)) is 0 or 143, pipeline.LastLines());
        }

        output.WriteRound((await lane.FinishAsync()).ToString());
        foreach (var same in lane.Scene.ReadJournalTopics().GroupBy(record => Encoding.ASCII.GetString(record.Headers.Single(header => header.Key == "__penstock.position").Value)))
        {
            Assert.Matches("^[0-9A-F]+/[0-9A-F]+:[0-9]+$", same.Key);
            Assert.Single(same.Select(record => (record.Topic, record.KeyText, record.Value is null, Identity: Identity(record.ValueText ?? ""))).Distinct());
        }
    }

    private static async Task CopyAsync(PipelineScene scene, int rows, int rowsPerCopy)
    {
        await using var connection = new NpgsqlConnection(scene.Postgres.ConnectionString(scene.Database));
        await connection.OpenAsync();
        for (int row = 0; row < rows;)
        {
            await using var copy = await connection.BeginTextImportAsync("COPY orders FROM STDIN");
            for (int end = Math.Min(rows, row + rowsPerCopy); row < end; row++)
            {
                await copy.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{row}\t{new string('n', 60)}"));
            }
        }
    }

    private static string Identity(string value) => Regex.Match(value, "\"txId\":[0-9]+,\"lsn\":[0-9]+").Value;
}
