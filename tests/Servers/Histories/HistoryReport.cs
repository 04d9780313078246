namespace Penstock.Servers.Histories;

/// <summary>What a comparison of the journal with the topics found.</summary>
/// <param name="Changes">Committed changes.</param>
/// <param name="Events">Row events in the topics, duplicates counted, tombstones not.</param>
/// <param name="Missing">Committed changes without an event.</param>
/// <param name="OutOfOrder">Events that came before one that was committed earlier for the same key.</param>
/// <param name="Unexplained">Events of no committed change, and duplicates whose source position differs.</param>
/// <param name="Duplicates">Events that came again.</param>
/// <param name="DifferentBytes">Of those, how many whose bytes differ in more than the envelope's time of day.</param>
/// <param name="MissingTombstones">Deletes that no tombstone of the same key follows.</param>
/// <param name="Examples">The first few findings in words.</param>
public sealed record HistoryReport(
    long Changes,
    long Events,
    long Missing,
    long OutOfOrder,
    long Unexplained,
    long Duplicates,
    long DifferentBytes,
    long MissingTombstones,
    IReadOnlyList<string> Examples)
{
    /// <summary>The sum of several comparisons.</summary>
    public static HistoryReport Of(IReadOnlyCollection<HistoryReport> reports) => new(
        reports.Sum(r => r.Changes), reports.Sum(r => r.Events), reports.Sum(r => r.Missing), reports.Sum(r => r.OutOfOrder), reports.Sum(r => r.Unexplained),
        reports.Sum(r => r.Duplicates), reports.Sum(r => r.DifferentBytes), reports.Sum(r => r.MissingTombstones), [.. reports.SelectMany(r => r.Examples)]);

    public bool IsClean => Missing + OutOfOrder + Unexplained + DifferentBytes + MissingTombstones == 0;

    public override string ToString() =>
        $"{Changes} changes, {Events} events, {Missing} missing, {OutOfOrder} out of order, {Unexplained} unexplained, {Duplicates} duplicates ({DifferentBytes} with other bytes), {MissingTombstones} tombstones missing"
        + string.Concat(Examples.Select(e => "\n  " + e));
}
