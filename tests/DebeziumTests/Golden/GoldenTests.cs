using Xunit.Abstractions;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Every case of the corpus through the decoder, without a database, compared byte for byte with what Debezium wrote.</summary>
[Trait("Category", "Golden")]
public sealed class GoldenTests(ITestOutputHelper log)
{
    // Cuts of the stream into batches: the events must not depend on them.
    private const int RandomSplits = 3;

    [GoldenCases]
    public void Events_are_those_of_Debezium(string name)
    {
        var golden = new GoldenCase(GoldenCorpus.Find(name));
        var result = GoldenResult.Of(golden, RandomSplits);
        log.WriteLine($"{name}: {result}");
        bool known = GoldenKnown.Failures.TryGetValue(name, out string? reason);
        if (known)
        {
            Assert.True(result.Differences.Count > 0, $"{name} is in known-failures.txt but does not fail ({result}): take it off the list");
            log.WriteLine($"known: {reason}");
            return;
        }

        Assert.True(result.Differences.Count == 0, $"{name}:\n  {string.Join("\n  ", result.Differences.Take(20))}");
    }

    [Fact]
    public void The_table_of_results_is_written()
    {
        var results = GoldenCorpus.Cases.Select(c => (Name: Path.GetFileName(c), Result: GoldenResult.Of(new GoldenCase(c), 0))).ToList();
        int notBuilt = results.Count(r => r.Result.NotBuilt is not null);
        int failed = results.Count(r => r.Result.Differences.Count > 0);
        log.WriteLine($"golden: {results.Count - notBuilt - failed} passed, {failed} failed, {notBuilt} not built, of {results.Count}");
        foreach (var (name, result) in results.Where(r => r.Result.NotBuilt is not null || r.Result.Differences.Count > 0))
        {
            log.WriteLine($"  {name}: {result}");
        }

        Assert.All(results.Where(r => r.Result.Differences.Count > 0), r => Assert.Contains(r.Name, GoldenKnown.Failures.Keys));
    }
}
