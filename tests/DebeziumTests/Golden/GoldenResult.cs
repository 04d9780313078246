namespace Penstock.DebeziumTests.Golden;

/// <summary>What came of a case.</summary>
internal enum GoldenOutcome
{
    Passed,

    /// <summary>It differs as a list in the repository says, with the reason.</summary>
    Known,

    /// <summary>It could not be tried: an option or a server feature is missing, or the case lacks a file.</summary>
    NotRun,
    Failed,
}

/// <summary>How many events of a case were compared.</summary>
/// <param name="Events">All that were compared.</param>
/// <param name="SnapshotEvents">Of those, events of a snapshot.</param>
/// <param name="SnapshotEventsLeftOut">Events of a snapshot that were not compared.</param>
internal readonly record struct GoldenCounts(int Events, int SnapshotEvents, int SnapshotEventsLeftOut);

/// <summary>The verdict over a case, with the reason or the differences.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Reason">Why it was not run, or the known reason of a difference, or why events were left out; may be null where it passed.</param>
/// <param name="Differences">One line each: record, JSON path, expected, got.</param>
/// <param name="Counts">What was compared.</param>
internal sealed record GoldenResult(GoldenOutcome Outcome, string? Reason, IReadOnlyList<string> Differences, GoldenCounts Counts)
{
    public static GoldenResult NotRun(string reason, int snapshotEvents = 0) => new(GoldenOutcome.NotRun, reason, [], new GoldenCounts(0, 0, snapshotEvents));

    public static GoldenResult Failed(string difference) => new(GoldenOutcome.Failed, null, [difference], default);

    /// <summary>Judges differences with the list of known ones: a case on the list must still differ.</summary>
    /// <param name="name">The case.</param>
    /// <param name="differences">None: it passed.</param>
    /// <param name="counts">What was compared.</param>
    /// <param name="known">Case and reason.</param>
    /// <param name="leftOut">Why events were left out.</param>
    public static GoldenResult Of(string name, IReadOnlyList<string> differences, GoldenCounts counts, GoldenList known, string? leftOut = null)
    {
        if (known.Reasons.TryGetValue(name, out string? reason))
        {
            return differences.Count > 0
                ? new GoldenResult(GoldenOutcome.Known, reason, differences, counts)
                : new GoldenResult(GoldenOutcome.Failed, null, [$"it is in {known.File} but does not differ: take it off the list"], counts);
        }

        return new GoldenResult(differences.Count > 0 ? GoldenOutcome.Failed : GoldenOutcome.Passed, leftOut, differences, counts);
    }

    /// <summary>Ends the test of the case as the verdict says.</summary>
    /// <exception cref="CaseNotRunException">It was not run: the test counts as skipped.</exception>
    public void Assert(string name)
    {
        if (Outcome == GoldenOutcome.NotRun)
        {
            throw new CaseNotRunException($"NOT RUN: {Reason}");
        }

        Xunit.Assert.True(Outcome != GoldenOutcome.Failed, $"{name}:\n  {string.Join("\n  ", Differences.Take(20))}{(Differences.Count > 20 ? $"\n  and {Differences.Count - 20} more" : "")}");
    }
}
