using System.Text.Json;
using Penstock.Servers;

namespace Penstock.EndToEnd.Scenarios;

/// <summary>Groups B, E and F of the scenarios: names and forms of tables, in the snapshot and while it streams; and the experiments E6, E8 and E9.</summary>
public class SchemaScenarioTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    [KafkaFact]
    public async Task B17_a_snapshot_under_concurrent_commits_skips_none_and_doubles_none()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY); INSERT INTO a SELECT FROM generate_series(1, 20000)", "public.a");
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await pipeline.ExecuteAsync("INSERT INTO a DEFAULT VALUES");
            }
        })).ToList();
        await using var process = await pipeline.StartStreamingAsync();
        await Task.Delay(500);
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await pipeline.WaitUntilConfirmedAsync();
        Assert.Equal(0, await process.StopAsync(StopLimit));
        var keys = pipeline.ReadToEnd().Select(record => record.KeyText).ToList();
        Assert.Equal(await pipeline.ScalarAsync<long>("SELECT count(*) FROM a"), keys.Count);
        Assert.Equal(keys.Count, keys.Distinct().Count());
    }

    [KafkaFact]
    public async Task B21_and_F59_names_with_capitals_quotes_dots_backslashes_and_letters_of_other_alphabets()
    {
        const string table = "T.\"ä\\b c";
        var pipeline = await fixture.PrepareAsync(
            """
            CREATE SCHEMA "My_Sch";
            CREATE TABLE "My_Sch"."T.""ä\b c" ("Id" int PRIMARY KEY, "id" int, "ID" text, "sel""ect" text, "имя" text);
            INSERT INTO "My_Sch"."T.""ä\b c" VALUES (1, 2, 'three', 'four', 'five');
            """);
        string topic = $"{pipeline.Name}.My_Sch.T.___b_c";
        await fixture.Scene.Kafka.CreateTopicAsync(topic);
        pipeline.With("PENSTOCK_SCHEMA_INCLUDE_LIST", "My_Sch");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("""UPDATE "My_Sch"."T.""ä\b c" SET "ID" = 'drei'""");
        using var reader = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, topic);
        var records = reader.Read(2, TimeSpan.FromSeconds(10));
        Assert.Equal(0, await process.StopAsync(StopLimit));
        Assert.Equal(
            ["""{"Id":1,"id":2,"ID":"three","sel\"ect":"four","имя":"five"}""", """{"Id":1,"id":2,"ID":"drei","sel\"ect":"four","имя":"five"}"""],
            records.Select(record => record.Json().GetProperty("after").GetRawText()));
        Assert.Equal(table, records[0].Json().GetProperty("source").GetProperty("table").GetString());
    }

    [KafkaFact]
    public async Task B27_views_materialised_views_and_foreign_tables_are_left_alone()
    {
        var pipeline = await fixture.PrepareAsync(
            "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1); CREATE VIEW v AS SELECT * FROM a; CREATE MATERIALIZED VIEW m AS SELECT * FROM a; CREATE UNLOGGED TABLE u (id int PRIMARY KEY); "
            + "CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing; CREATE FOREIGN TABLE f (id int) SERVER elsewhere");
        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.public.a");
        pipeline.With("PENSTOCK_SCHEMA_INCLUDE_LIST", "public");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (2); REFRESH MATERIALIZED VIEW m; INSERT INTO u VALUES (1)");
        using var reader = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, $"{pipeline.Name}.public.a");
        Assert.Equal(["r", "c"], reader.Read(2, TimeSpan.FromSeconds(10)).Select(record => record.Operation()));
        // A wrapper without a handler: whoever reads the foreign table, or publishes it, gets an error.
        Assert.Equal("a", await pipeline.ScalarAsync<string>($"SELECT string_agg(tablename, ',') FROM pg_publication_tables WHERE pubname <> ''"));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => pipeline.ExecuteAsync("SELECT * FROM f"));
        Assert.Equal(0, await process.StopAsync(StopLimit));
        Assert.DoesNotContain(process.Lines, line => line.Contains("level=warn", StringComparison.Ordinal) && !line.Contains("librdkafka", StringComparison.Ordinal));
    }

    [KafkaFact]
    public async Task E55_the_replica_identity_changes_while_it_streams()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, u int NOT NULL UNIQUE, v text); INSERT INTO a VALUES (1, 1, 'one')");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("UPDATE a SET v = 'two'");
        await pipeline.ExecuteAsync("BEGIN; ALTER TABLE a REPLICA IDENTITY FULL; UPDATE a SET v = 'three'; COMMIT");
        await pipeline.ExecuteAsync("ALTER TABLE a REPLICA IDENTITY USING INDEX a_u_key; UPDATE a SET v = 'four'");
        var records = pipeline.Read(3);
        Assert.Equal(0, await process.StopAsync(StopLimit));
        Assert.Equal(["""{"id":1}"""], records.Select(record => record.KeyText).Distinct());
        Assert.Equal(JsonValueKind.Null, records[0].Json().GetProperty("before").ValueKind);
        Assert.Equal("two", records[1].Json().GetProperty("before").GetProperty("v").GetString());
        Assert.Equal(JsonValueKind.Null, records[2].Json().GetProperty("before").ValueKind);
        Assert.Equal(["two", "three", "four"], records.Select(record => record.Json().GetProperty("after").GetProperty("v").GetString()));
    }

    [KafkaFact]
    public async Task E6_an_unchanged_TOASTed_value_under_each_replica_identity()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, n int NOT NULL UNIQUE, m int DEFAULT 0, big text); ALTER TABLE a ALTER big SET STORAGE EXTERNAL; INSERT INTO a VALUES (1, 1, 0, repeat('b', 9000))");
        await using var process = await pipeline.StartStreamingAsync();
        foreach (string identity in new[] { "DEFAULT", "FULL", "USING INDEX a_n_key" })
        {
            await pipeline.ExecuteAsync($"ALTER TABLE a REPLICA IDENTITY {identity}; UPDATE a SET m = m + 1");
        }

        var values = pipeline.Read(3).Select(record => record.Json().GetProperty("after").GetProperty("big").GetString()!.Length);
        Assert.Equal([28, 9000, 28], values);
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task E8_partitions_with_their_columns_in_another_order_by_their_root()
    {
        var pipeline = await fixture.PrepareAsync(
            """
            CREATE TABLE a (id int, v text, w int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
            CREATE TABLE a_low (w int, id int NOT NULL, v text); ALTER TABLE a ATTACH PARTITION a_low FOR VALUES FROM (0) TO (100);
            CREATE TABLE a_high PARTITION OF a FOR VALUES FROM (100) TO (200);
            INSERT INTO a VALUES (1, 'one', 10);
            """,
            "public.a");
        pipeline.With("PENSTOCK_PUBLISH_VIA_PARTITION_ROOT", "true");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (2, 'two', 20), (150, 'high', 30); UPDATE a SET id = 151 WHERE id = 2");
        var rows = pipeline.Read(6).Where(record => record.Value is not null && record.Operation() != "d").Select(record => record.Json().GetProperty("after").GetRawText());
        Assert.Equal(0, await process.StopAsync(StopLimit));
        Assert.Equal(["""{"id":1,"v":"one","w":10}""", """{"id":2,"v":"two","w":20}""", """{"id":150,"v":"high","w":30}""", """{"id":151,"v":"two","w":20}"""], rows);
    }

    [KafkaTheory]
    [InlineData("strict-debezium", """{"id":1,"n":0,"twice":0}""")]
    [InlineData("correct", """{"id":1,"n":0}""")]
    public async Task E9_and_F61_generated_and_identity_columns(string compat, string snapshot)
    {
        var pipeline = (await PrepareAsync("CREATE TABLE a (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED); INSERT INTO a (n) VALUES (0)"))
            .With("PENSTOCK_SNAPSHOT_MODE", "initial").With("PENSTOCK_COMPAT", compat);
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a (n) VALUES (1); UPDATE a SET n = 2 WHERE id = 2");
        var records = pipeline.Read(3);
        Assert.Equal(0, await process.StopAsync(StopLimit));
        // The stream does not carry what is computed. Debezium's snapshot has it all the same, so its schema changes between the two.
        Assert.Equal([snapshot, """{"id":2,"n":1}""", """{"id":2,"n":2}"""], records.Select(record => record.Json().GetProperty("after").GetRawText()));
    }

    [KafkaFact]
    public async Task F57_columns_come_go_and_change_between_and_within_transactions()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v int)");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 1)");
        await pipeline.ExecuteAsync("BEGIN; INSERT INTO a VALUES (2, 2); ALTER TABLE a ADD w text DEFAULT 'w'; INSERT INTO a VALUES (3, 3); ALTER TABLE a DROP v; INSERT INTO a VALUES (4, 'x'); COMMIT");
        await pipeline.ExecuteAsync("ALTER TABLE a RENAME w TO x; INSERT INTO a VALUES (5, 'y')");
        await pipeline.ExecuteAsync("ALTER TABLE a ALTER x DROP DEFAULT, ALTER x TYPE int USING length(x); INSERT INTO a VALUES (6, 6)");
        await pipeline.ExecuteAsync("ALTER TABLE a ALTER x SET NOT NULL, ALTER x SET DEFAULT 7; INSERT INTO a (id) VALUES (7)");
        var rows = pipeline.Read(7).Select(record => record.Json().GetProperty("after").GetRawText());
        Assert.Equal(
            ["""{"id":1,"v":1}""", """{"id":2,"v":2}""", """{"id":3,"v":3,"w":"w"}""", """{"id":4,"w":"x"}""", """{"id":5,"x":"y"}""", """{"id":6,"x":6}""", """{"id":7,"x":7}"""], rows);
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task F58_the_primary_key_is_renamed_retyped_and_widened_while_it_streams()
    {
        var pipeline = await PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v int NOT NULL)");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 1)");
        Assert.Single(pipeline.Read(1));
        await pipeline.ExecuteAsync("ALTER TABLE a RENAME id TO key; INSERT INTO a VALUES (2, 2)");
        Assert.Equal(2, pipeline.Read(2).Count);
        await pipeline.ExecuteAsync("ALTER TABLE a ALTER key TYPE text; INSERT INTO a VALUES ('3', 3)");
        Assert.Equal(3, pipeline.Read(3).Count);
        await pipeline.ExecuteAsync("ALTER TABLE a DROP CONSTRAINT a_pkey, ADD PRIMARY KEY (v, key); INSERT INTO a VALUES ('4', 4)");
        Assert.Equal(["""{"id":1}""", """{"key":2}""", """{"key":"3"}""", """{"v":4,"key":"4"}"""], pipeline.Read(4).Select(record => record.KeyText));
        Assert.Equal(0, await process.StopAsync(StopLimit));
    }

    [KafkaFact]
    public async Task F60_tables_change_while_it_is_down_and_are_dropped_while_it_streams()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v int); CREATE TABLE b (id int PRIMARY KEY)", "public.a", "public.b");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data");
        await using (var first = await pipeline.StartStreamingAsync())
        {
            Assert.Equal(0, await first.StopAsync(StopLimit));
        }

        // What was written under the old form arrives in the old form, though the catalogue knows the new one only.
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 1)");
        await pipeline.ExecuteAsync("ALTER TABLE a DROP v, ADD w text; INSERT INTO a VALUES (2, 'w')");
        await pipeline.ExecuteAsync("INSERT INTO b VALUES (1)");
        await using var second = await pipeline.StartStreamingAsync();
        Assert.Equal(3, pipeline.Read(3).Count);
        await pipeline.ExecuteAsync("BEGIN; INSERT INTO b VALUES (2); DROP TABLE b; INSERT INTO a VALUES (3, 'x'); COMMIT");
        var records = pipeline.Read(5);
        Assert.Equal(0, await second.StopAsync(StopLimit));
        Assert.Equal(
            ["""{"id":1,"v":1}""", """{"id":2,"w":"w"}""", """{"id":3,"w":"x"}"""],
            records.Where(record => record.Topic.EndsWith(".a", StringComparison.Ordinal)).Select(record => record.Json().GetProperty("after").GetRawText()));
        Assert.Equal(["""{"id":1}""", """{"id":2}"""], records.Where(record => record.Topic.EndsWith(".b", StringComparison.Ordinal)).Select(record => record.KeyText));
    }

    private async Task<TestPipeline> PrepareAsync(string sql) => (await fixture.PrepareAsync(sql, "public.a")).With("PENSTOCK_SNAPSHOT_MODE", "no_data");
}
