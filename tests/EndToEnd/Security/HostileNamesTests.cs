using System.Text.Json;
using Penstock.Servers;

namespace Penstock.EndToEnd.Security;

/// <summary>Names that would be SQL, or lines of a log, if anybody put them there as they are.</summary>
public class HostileNamesTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    [KafkaTheory]
    [InlineData("a\"; DROP TABLE canary; --", "b'; DROP TABLE canary; --", "c\"\"; DROP TABLE canary; --")]
    [InlineData("line\nlevel=error msg=forged", "tab\tand\rreturn", "back\\slash'quote\\'")]
    [InlineData("$1", "{0}%s@p", ":name")]
    [InlineData("схема", "表🐘", "colonne é ‮")]
    [InlineData("s23456789012345678901234567890123456789012345678901234567890123", "ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt", "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc")]
    [InlineData("select", "table", "from")]
    public async Task Pass_the_snapshot_the_stream_and_a_signal_and_are_nothing_but_names(string schema, string table, string column)
    {
        string name = $"{Quote(schema)}.{Quote(table)}";
        var pipeline = await fixture.PrepareAsync(
            $"CREATE TABLE canary (id int); CREATE SCHEMA {Quote(schema)}; CREATE TABLE {name} ({Quote(column)} int PRIMARY KEY, v text); INSERT INTO {name} VALUES (1, 'snapshot'); CREATE TABLE signals (id text PRIMARY KEY, type text, data text)");
        const string topic = "hostile";
        string routed = $"{pipeline.Name}.{topic}";
        await fixture.Scene.Kafka.CreateTopicAsync(routed);
        await fixture.Scene.Kafka.CreateTopicAsync($"{pipeline.Name}.public.signals");
        pipeline.With("PENSTOCK_SCHEMA_EXCLUDE_LIST", "public,penstock").With("PENSTOCK_SIGNAL_DATA_COLLECTION", "public.signals")
            .With("PENSTOCK_TRANSFORMS", "route").With("PENSTOCK_TRANSFORMS_ROUTE_TYPE", "io.debezium.transforms.ByLogicalTableRouter")
            .With("PENSTOCK_TRANSFORMS_ROUTE_TOPIC_REGEX", "(?s)(?!.*public\\.signals$).*").With("PENSTOCK_TRANSFORMS_ROUTE_TOPIC_REPLACEMENT", routed).With("PENSTOCK_TRANSFORMS_ROUTE_KEY_ENFORCE_UNIQUENESS", "false");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync($"INSERT INTO {name} VALUES (2, 'stream'); UPDATE {name} SET v = 'changed' WHERE {Quote(column)} = 2");
        string data = JsonSerializer.Serialize(new Dictionary<string, object> { ["data-collections"] = new[] { name }, ["type"] = "incremental" });
        await pipeline.ExecuteAsync($"INSERT INTO signals VALUES ('s', 'execute-snapshot', '{data.Replace("'", "''", StringComparison.Ordinal)}')");
        using var reader = TopicReader.Of(fixture.Scene.Kafka.Bootstrap, routed);
        var records = reader.Read(5, TimeSpan.FromSeconds(15)).Select(record => record.Json()).ToList();
        Assert.Equal(0, await process.StopAsync(TimeSpan.FromSeconds(15)));
        Assert.True(records.Count == 5, $"{records.Count} records: {process.LastLines()}");
        Assert.Equal(["r", "c", "u", "r", "r"], records.Select(record => record.GetProperty("op").GetString()));
        Assert.Equal([1, 2, 2, 1, 2], records.Select(record => record.GetProperty("after").GetProperty(column).GetInt32()));
        Assert.All(records, record => Assert.Equal((schema, table), (record.GetProperty("source").GetProperty("schema").GetString(), record.GetProperty("source").GetProperty("table").GetString())));
        Assert.True(await pipeline.ScalarAsync<bool>("SELECT to_regclass('canary') IS NOT NULL"));
        Assert.DoesNotContain(process.Lines, line => line.StartsWith("level=error msg=forged", StringComparison.Ordinal));
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
