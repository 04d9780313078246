using Penstock.DebeziumTests.Golden;
using Penstock.Servers;
using Xunit.Abstractions;

namespace Penstock.EndToEnd.Golden;

/// <summary>Cases of the corpus on a real Postgres, through the whole pipeline, into Kafka; compared with Debezium's records, positions, ids and times masked.</summary>
[Trait("Category", "GoldenDatabase")]
public sealed class GoldenDatabaseTests(GoldenScene servers, ITestOutputHelper log) : IClassFixture<GoldenScene>
{
    [DatabaseCases]
    public async Task Records_in_Kafka_are_those_of_Debezium(string name)
    {
        await using var run = new CaseRun(servers.Scene, new DatabaseCase(GoldenCorpus.Find(name)));
        var differences = await DifferencesAsync(run);
        if (KnownDifferences.Reasons.TryGetValue(name, out string? reason))
        {
            Assert.True(differences.Count > 0, $"{name} is in database-differences.txt but does not differ: take it off the list");
            log.WriteLine($"{name}: differs, {reason}");
            return;
        }

        Assert.True(differences.Count == 0, $"{name}:\n  {string.Join("\n  ", differences.Take(10))}");
    }

    // A pipeline that ends where Debezium goes on is a difference, too.
    private static async Task<List<string>> DifferencesAsync(CaseRun run)
    {
        try
        {
            return await run.CompareAsync();
        }
        catch (ServerException ended)
        {
            return [ended.Message];
        }
    }
}

/// <summary>One Postgres and one Kafka, set as the corpus was captured with, for all cases.</summary>
public sealed class GoldenScene : IAsyncLifetime
{
    public PipelineScene Scene { get; private set; } = null!;

    public async Task InitializeAsync() => Scene = !KafkaCluster.IsAvailable ? null! : await PipelineScene.CreateAsync(
        new PostgresServerOptions { Settings = new Dictionary<string, string> { ["autovacuum"] = "off", ["max_prepared_transactions"] = "5" } },
        new KafkaClusterOptions { AutoCreateTopics = true, Properties = new Dictionary<string, string> { ["message.max.bytes"] = "16777216" } });

    public async Task DisposeAsync()
    {
        if (KafkaCluster.IsAvailable)
        {
            await Scene.DisposeAsync();
        }
    }
}

/// <summary>Cases that differ with a database, by design or by nature: <c>database-differences.txt</c>, one <c>case: reason</c> on each line, <c>#</c> for comments.</summary>
internal static class KnownDifferences
{
    public static IReadOnlyDictionary<string, string> Reasons { get; } = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden", "database-differences.txt"))
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split(": ", 2))
        .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
}
