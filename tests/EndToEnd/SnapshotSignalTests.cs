using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>Snapshots that are asked for through the signal table while the pipeline streams.</summary>
public sealed class SnapshotSignalTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private const string SignalTable = "CREATE TABLE signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));";

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    [KafkaFact]
    public async Task Changes_while_an_incremental_snapshot_runs_win_over_its_rows()
    {
        const int Rows = 1200;
        var pipeline = await PrepareAsync($"CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, 'row ' || i FROM generate_series(1, {Rows}) i", "public.a");
        pipeline.With("PENSTOCK_INCREMENTAL_SNAPSHOT_CHUNK_SIZE", "20");
        await using var process = await pipeline.StartStreamingAsync();
        await SignalAsync(pipeline, "s1", """{"data-collections":["public.a"]}""");
        for (int round = 1; !IsComplete(process); round++)
        {
            Assert.True(round < 2000, process.LastLines());
            int id = (round * 37) % Rows;
            await pipeline.ExecuteAsync($"UPDATE a SET v = 'round {round}' WHERE id % 290 = {round % 290}; DELETE FROM a WHERE id = {id}; UPDATE a SET id = id + 10000 WHERE id = {(id + 7) % Rows}");
        }

        await AssertTopicIsTableAsync(pipeline, process, "a", "id");
    }

    private static bool IsComplete(PipelineProcess process) => process.Lines.Any(line => line.Contains("incremental snapshot is complete", StringComparison.Ordinal));

    private async Task<TestPipeline> PrepareAsync(string sql, params string[] tables)
    {
        var pipeline = await fixture.PrepareAsync(SignalTable + sql, [.. tables, "public.signal"]);
        pipeline.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] = string.Join(',', tables);
        return pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_SIGNAL_DATA_COLLECTION", "public.signal");
    }

    private static Task SignalAsync(TestPipeline pipeline, string id, string data, string type = "execute-snapshot") =>
        pipeline.ExecuteAsync($"INSERT INTO signal VALUES ('{id}', '{type}', '{data}')");

    /// <summary>Stops the pipeline and compares the last event of each key with the rows.</summary>
    private static async Task AssertTopicIsTableAsync(TestPipeline pipeline, PipelineProcess process, string table, string key)
    {
        string head = (await pipeline.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text"))!;
        await EventuallyAsync(process, async () => await pipeline.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= '{head}' FROM pg_replication_slots WHERE slot_name = '{pipeline.Name}'"));
        Assert.Equal(0, await process.StopAsync(StopLimit));
        var topic = pipeline.ReadToEnd()
            .Where(record => record.Topic == $"{pipeline.Name}.public.{table}")
            .GroupBy(record => record.KeyText)
            .Select(group => group.Last())
            .Where(record => record.Value is not null)
            .Select(record => record.Json().GetProperty("after").GetRawText())
            .Order(StringComparer.Ordinal);
        string rows = (await pipeline.ScalarAsync<string>($"SELECT coalesce(string_agg(to_json(t)::text, E'\\n'), '') FROM {table} t"))!;
        Assert.NotEmpty(key);
        Assert.Equal(rows.Split('\n').Order(StringComparer.Ordinal), topic);
    }

    private static async Task EventuallyAsync(PipelineProcess process, Func<Task<bool>> condition)
    {
        for (var until = DateTime.UtcNow + TimeSpan.FromSeconds(60); !await condition(); await Task.Delay(100))
        {
            Assert.False(process.HasExited, process.LastLines());
            Assert.True(DateTime.UtcNow < until, process.LastLines());
        }
    }
}
