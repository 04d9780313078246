using Penstock.PostgresToKafka.Settings;
using Penstock.Servers;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Tries a case without a database: its stream, and the rows of its snapshot where there are any, through decoder and encoder.</summary>
/// <param name="known">Cases that differ.</param>
/// <param name="keptRows">The folder with recorded rows of others' cases.</param>
/// <param name="record">Records rows where none are kept; null where there is no server to record from.</param>
internal sealed class GoldenJudge(GoldenList known, string keptRows, Func<GoldenCase, Task<SnapshotRows>>? record)
{
    // Cuts of the stream into batches: the events must not depend on them.
    private const int RandomSplits = 3;

    /// <param name="folder">The case.</param>
    public async Task<GoldenResult> JudgeAsync(string folder)
    {
        try
        {
            var golden = new GoldenCase(folder);
            var plain = CaseSettings.ForReplay(golden.Options, schemas: false);
            var withSchemas = CaseSettings.ForReplay(golden.Options, schemas: true);
            var (rows, reason) = await RowsAsync(golden).ConfigureAwait(false);
            return Judge(golden, rows, reason, plain, withSchemas);
        }
        catch (CaseNotRunException notRun)
        {
            return GoldenResult.NotRun(notRun.Message);
        }
        catch (Exception broken) when (broken is FormatException or ServerException)
        {
            return GoldenResult.Failed(broken.Message);
        }
    }

    private GoldenResult Judge(GoldenCase golden, IReadOnlyList<GoldenMessage> rows, string? reason, PipelineOptions plain, PipelineOptions withSchemas)
    {
        var compared = golden.Events.Where(e => e.Origin == GoldenOrigin.Stream || (rows.Count > 0 && e.Origin == GoldenOrigin.InitialSnapshot)).ToList();
        var counts = new GoldenCounts(compared.Count, compared.Count(e => e.Origin != GoldenOrigin.Stream), golden.Events.Count - compared.Count);
        if (!golden.CanReplay)
        {
            return GoldenResult.NotRun("the case has no catalog.json, which a replay without a database needs", golden.Events.Count(e => e.Origin != GoldenOrigin.Stream));
        }

        if (compared.Count == 0 && golden.Events.Count > 0)
        {
            return GoldenResult.NotRun($"the case is a snapshot only: {reason}", golden.Events.Count);
        }

        if (golden.Events.Any(e => e.Origin == GoldenOrigin.LaterSnapshot))
        {
            reason = "rows of a snapshot while the connector runs, or of a second start, are not in wal.jsonl: judged with a database only";
        }

        var replay = new GoldenReplay(golden, rows);
        List<string> differences =
        [
            .. Compare(golden, "schemas off", compared.Select(e => e.Plain), replay.Run(plain, null)),
            .. Compare(golden, "schemas on", compared.Select(e => e.WithSchemas), replay.Run(withSchemas, null)),
        ];
        var whole = replay.Run(plain, null).Records;
        for (int seed = 1; seed <= RandomSplits; seed++)
        {
            differences.AddRange(GoldenComparison.Compare($"cut into batches by seed {seed}", whole, replay.Run(plain, new Random(seed)).Records));
        }

        return GoldenResult.Of(golden.Name, differences, counts, known, counts.SnapshotEventsLeftOut > 0 ? reason : null);
    }

    private static List<string> Compare(GoldenCase golden, string what, IEnumerable<GoldenRecord> expected, ReplayedRecords got)
    {
        var masks = new GoldenMasks(golden.Options);
        var differences = GoldenComparison.Compare(what, masks.MaskStream(Timeless(golden, expected)), masks.MaskStream(got.Records));
        if (golden.Failure is { } failure && got.Failure is null)
        {
            differences.Add($"{what}: Debezium's connector fails here ({failure}), this decoder goes on");
        }
        else if (golden.Failure is null && got.Failure is { } own)
        {
            differences.Add($"{what}: behind record {got.Records.Count} the decoder fails: {own}");
        }

        return differences;
    }

    // The number and place of heartbeats depends on time (mask 5): the first of them stands for all, behind the other records, where the replay asks for one.
    private static IEnumerable<GoldenRecord> Timeless(GoldenCase golden, IEnumerable<GoldenRecord> expected)
    {
        var records = expected.ToList();
        bool IsHeartbeat(GoldenRecord record) => golden.HasHeartbeats && record.Key is not null && record.Key.Contains("\"serverName\":", StringComparison.Ordinal);
        return [.. records.Where(r => !IsHeartbeat(r)), .. records.Where(IsHeartbeat).Take(1)];
    }

    /// <summary>The rows of the initial snapshot in the case's own OIDs: its own, the kept ones, or recorded now. None, and why, where none can be had.</summary>
    private async Task<(IReadOnlyList<GoldenMessage> Rows, string? WhyNone)> RowsAsync(GoldenCase golden)
    {
        if (golden.Events.All(e => e.Origin != GoldenOrigin.InitialSnapshot) || !golden.CanReplay)
        {
            return ([], null);
        }

        if ((golden.SnapshotRows ?? SnapshotRows.Read(Path.Combine(keptRows, golden.Name + ".jsonl"))) is { } kept && kept.AreOf(golden))
        {
            return (kept.In(golden.Catalog), null);
        }

        if (record is null)
        {
            return ([], "wal.jsonl has no rows of a snapshot, and there is no Postgres server here to record them");
        }

        try
        {
            var rows = await record(golden).ConfigureAwait(false);
            return (rows.In(golden.Catalog), null);
        }
        catch (CaseNotRunException cannot)
        {
            return ([], $"wal.jsonl has no rows of a snapshot, and they cannot be recorded here: {cannot.Message}");
        }
    }
}
