using System.Globalization;

namespace Penstock.EndToEnd.Scenarios;

/// <summary>A database with more tables than anybody looks through: what costs something for each table must cost little.</summary>
public class ManyTablesTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    /// <summary>How many tables; to create 10,000 of them takes the server longer than all the rest.</summary>
    private const string TablesVariable = "PENSTOCK_TEST_TABLES";

    private const int TablesByDefault = 2_000;
    private const int ChangedTables = 400;
    private const int TablesOfAStatement = 500;

    private static int Tables => int.TryParse(Environment.GetEnvironmentVariable(TablesVariable), CultureInfo.InvariantCulture, out int tables) ? tables : TablesByDefault;

    [KafkaFact]
    public async Task G70_many_tables_by_one_publication_into_one_topic_keep_the_memory_bound()
    {
        int tables = Tables;
        var pipeline = await fixture.PrepareAsync("", "many");
        for (int first = 1; first <= tables; first += TablesOfAStatement)
        {
            int last = Math.Min(tables, first + TablesOfAStatement - 1);
            await pipeline.ExecuteAsync($"DO $$ BEGIN FOR i IN {first}..{last} LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, v text)', i); END LOOP; END $$");
        }

        pipeline.Settings.Remove("PENSTOCK_TABLE_INCLUDE_LIST");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data").With("PENSTOCK_PUBLICATION_AUTOCREATE_MODE", "all_tables").With("PENSTOCK_SCHEMA_INCLUDE_LIST", "public")
            .With("PENSTOCK_TRANSFORMS", "route").With("PENSTOCK_TRANSFORMS_ROUTE_TYPE", "io.debezium.transforms.ByLogicalTableRouter")
            .With("PENSTOCK_TRANSFORMS_ROUTE_TOPIC_REGEX", ".*").With("PENSTOCK_TRANSFORMS_ROUTE_TOPIC_REPLACEMENT", $"{pipeline.Name}.many");
        await using var process = await pipeline.StartStreamingAsync();
        double boundMb = double.Parse((await process.WaitForLineAsync("memory bound.*?([0-9.]+) MB", TimeSpan.FromSeconds(5))).Groups[1].Value, CultureInfo.InvariantCulture);

        // One transaction that touches all of them, then each of them alone.
        int step = tables / ChangedTables;
        await pipeline.ExecuteAsync($"DO $$ BEGIN FOR i IN 1..{ChangedTables} LOOP EXECUTE format('INSERT INTO t%s VALUES (1, $v$one$v$)', i * {step}); END LOOP; END $$");
        await pipeline.ExecuteAsync($"DO $$ BEGIN FOR i IN 1..{ChangedTables} LOOP EXECUTE format('UPDATE t%s SET v = $v$two$v$', i * {step}); COMMIT; END LOOP; END $$");
        var changes = pipeline.Read(2 * ChangedTables).Select(record => $"{record.Operation()} {record.Json().GetProperty("source").GetProperty("table").GetString()}").ToList();
        var touched = Enumerable.Range(1, ChangedTables).Select(i => $"t{i * step}").ToList();
        Assert.Equal([.. touched.Select(table => $"c {table}"), .. touched.Select(table => $"u {table}")], changes);
        Assert.InRange(process.PeakMemoryBytes / 1048576.0, 1, boundMb);
        Assert.Equal(0, await process.StopAsync(TimeSpan.FromSeconds(15)));
    }
}
