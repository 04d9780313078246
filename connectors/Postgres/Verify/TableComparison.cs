using System.Diagnostics;

namespace Penstock.Postgres.Verify;

/// <summary>How a key differs.</summary>
public enum KeyDifference
{
    /// <summary>The row is in the source alone.</summary>
    Missing,

    /// <summary>The row is in the target alone.</summary>
    Extra,

    /// <summary>Both have it, with other values.</summary>
    Other,
}

/// <summary>What a comparison has found.</summary>
/// <param name="Rows">Rows of the source at the first look.</param>
/// <param name="Differing">Keys that differ, in an order of their own.</param>
/// <param name="Changing">Keys that never rested long enough to be judged.</param>
/// <param name="IsComplete">False if there were more candidates than are held: there may be more keys.</param>
public sealed record ComparisonResult(long Rows, IReadOnlyList<(string[] Key, KeyDifference How)> Differing, int Changing, bool IsComplete);

/// <summary>
/// Compares a table with its copy while both live: chunks by checksums, rows of chunks that differ, and then, again and again, the keys that did. Only a key whose source row has rested for the whole of the wait, and
/// which still differs, is a difference; the copy's lag alone never is, as long as the wait is longer.
/// </summary>
/// <param name="source">The table.</param>
/// <param name="target">The copy.</param>
/// <param name="wait">How long a row has to rest.</param>
/// <param name="say">Gets what is going on.</param>
public sealed class TableComparison(TableSide source, TableSide target, TimeSpan wait, Action<string> say)
{
    /// <summary>Rows of both sides that are held at a time: about 250 bytes each with their keys, so 50 MB.</summary>
    private const long RowsAtOnce = 200_000;

    /// <summary>Keys that are looked at again: 10 MB of keys of 1 kB.</summary>
    private const int MostCandidates = 10_000;

    /// <summary>A row that changes all the time is given up after so many waits.</summary>
    private const int MostWaits = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public ComparisonResult Run(CancellationToken stop)
    {
        var (counts, sums) = source.Checksums(stop);
        var (targetCounts, targetSums) = target.Checksums(stop);
        int[] suspect = [.. Enumerable.Range(0, TableSide.Chunks).Where(chunk => counts[chunk] != targetCounts[chunk] || sums[chunk] != targetSums[chunk])];
        var candidates = new Dictionary<string, Candidate>(StringComparer.Ordinal);
        bool isComplete = true;
        for (int at = 0; at < suspect.Length && isComplete;)
        {
            int from = at;
            for (long rows = 0; at < suspect.Length && (at == from || rows + counts[suspect[at]] + targetCounts[suspect[at]] <= RowsAtOnce); at++)
            {
                rows += counts[suspect[at]] + targetCounts[suspect[at]];
            }

            isComplete = Gather(suspect[from..at], candidates, stop);
        }

        if (candidates.Count > 0)
        {
            say($"{candidates.Count}{(isComplete ? "" : " or more")} keys differ at the first look, which may be the copy's lag: they are looked at again");
        }

        int changing = LookAgain(candidates, stop);
        return new ComparisonResult(counts.Sum(), [.. candidates.Values.Select(candidate => (candidate.Key, candidate.How)).OrderBy(found => string.Join('\0', found.Key), StringComparer.Ordinal)], changing, isComplete);
    }

    /// <summary>False if there are more than are held.</summary>
    private bool Gather(int[] chunks, Dictionary<string, Candidate> candidates, CancellationToken stop)
    {
        var here = source.RowsOf(chunks, stop);
        var there = target.RowsOf(chunks, stop);
        foreach (var (identity, row) in here.Concat(there.Where(row => !here.ContainsKey(row.Key))))
        {
            bool isHere = here.TryGetValue(identity, out var inSource), isThere = there.TryGetValue(identity, out var inTarget);
            if (isHere && isThere && inSource.Row == inTarget.Row)
            {
                continue;
            }

            if (candidates.Count == MostCandidates)
            {
                return false;
            }

            candidates[identity] = new Candidate(row.Key);
        }

        return true;
    }

    private int LookAgain(Dictionary<string, Candidate> candidates, CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        while (candidates.Count > 0)
        {
            string[][] keys = [.. candidates.Values.Select(candidate => candidate.Key)];
            var here = source.RowsOf(keys, stop);
            long now = Stopwatch.GetTimestamp();
            var there = target.RowsOf(keys, stop);
            foreach (var (identity, candidate) in candidates.ToArray())
            {
                Guid? inSource = here.TryGetValue(identity, out var row) ? row.Row : null;
                Guid? inTarget = there.TryGetValue(identity, out row) ? row.Row : null;
                if (inSource == inTarget)
                {
                    candidates.Remove(identity);
                    continue;
                }

                candidate.Look(inSource, inTarget, now);
            }

            if (candidates.Values.All(candidate => Stopwatch.GetElapsedTime(candidate.RestsSince, now) >= wait))
            {
                return 0;
            }

            if (Stopwatch.GetElapsedTime(began, now) >= wait * MostWaits)
            {
                string[] restless = [.. candidates.Where(candidate => Stopwatch.GetElapsedTime(candidate.Value.RestsSince, now) < wait).Select(candidate => candidate.Key)];
                foreach (string identity in restless)
                {
                    candidates.Remove(identity);
                }

                return restless.Length;
            }

            stop.WaitHandle.WaitOne(Pause);
            stop.ThrowIfCancellationRequested();
        }

        return 0;
    }

    private sealed class Candidate(string[] key)
    {
        private Guid? _source;
        private bool _wasSeen;

        public string[] Key { get; } = key;

        /// <summary><see cref="Stopwatch.GetTimestamp"/> of the first look at which its source row was as it is.</summary>
        public long RestsSince { get; private set; }

        public KeyDifference How { get; private set; }

        public void Look(Guid? source, Guid? target, long now)
        {
            if (!_wasSeen || source != _source)
            {
                RestsSince = now;
            }

            (_wasSeen, _source) = (true, source);
            How = target is null ? KeyDifference.Missing : source is null ? KeyDifference.Extra : KeyDifference.Other;
        }
    }
}
