using Penstock.Debezium.Events;

namespace Penstock.DebeziumTests.Golden;

/// <summary>What came of a case: differences, or the reason why it could not be tried, or neither.</summary>
internal sealed record GoldenResult(IReadOnlyList<string> Differences, string? NotBuilt)
{
    /// <summary>Why a case cannot be tried without a database, or null if it can.</summary>
    public static string? WhyNot(GoldenCase golden)
    {
        if (golden.ConnectorFails)
        {
            return "the connector fails in this case, there is nothing to compare with";
        }

        if (golden.SnapshotEvents > 0 && golden.Expected.Count == 0)
        {
            return "the case is a snapshot only, a replay of the stream has nothing to show";
        }

        try
        {
            GoldenFormat.From(golden.Options, schemas: false);
            return null;
        }
        catch (NotSupportedException error)
        {
            return error.Message;
        }
    }

    public static GoldenResult Of(GoldenCase golden, int randomSplits)
    {
        if (WhyNot(golden) is { } reason)
        {
            return new GoldenResult([], reason);
        }

        try
        {
            return Compare(golden, GoldenFormat.From(golden.Options, schemas: false), GoldenFormat.From(golden.Options, schemas: true), randomSplits);
        }
        catch (UndecodableEventException error)
        {
            return new GoldenResult([error.Message], null);
        }
    }

    public override string ToString() => NotBuilt is not null ? $"not built: {NotBuilt}" : Differences.Count == 0 ? "passed" : $"failed: {Differences[0]}";

    private static GoldenResult Compare(GoldenCase golden, EventFormat format, EventFormat withSchemas, int randomSplits)
    {
        var differences = new List<string>();
        var plain = GoldenReplay.Run(golden, format, null);
        differences.AddRange(GoldenComparison.Compare("schemas off", Timeless(golden, golden.Expected), plain));
        differences.AddRange(GoldenComparison.Compare("schemas on", Timeless(golden, golden.ExpectedWithSchemas), GoldenReplay.Run(golden, withSchemas, null)));
        for (int seed = 1; seed <= randomSplits; seed++)
        {
            differences.AddRange(GoldenComparison.Compare($"split {seed}", plain, GoldenReplay.Run(golden, format, new Random(seed))));
        }

        return new GoldenResult(differences, null);
    }

    // The number and place of heartbeats depends on time (mask 5): the first of them stands for all, behind the other records, where the replay asks for one.
    private static IReadOnlyList<GoldenRecord> Timeless(GoldenCase golden, IReadOnlyList<GoldenRecord> expected)
    {
        if (!golden.Options.ContainsKey("heartbeat.interval.ms"))
        {
            return expected;
        }

        var heartbeats = expected.Where(r => r.Key is not null && r.Key.Contains("\"serverName\":", StringComparison.Ordinal)).ToList();
        return [.. expected.Where(r => !heartbeats.Contains(r)), heartbeats[0]];
    }
}
