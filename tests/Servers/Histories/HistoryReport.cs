namespace Penstock.Servers.Histories;

/// <summary>What a comparison of the journal with the topics found.</summary>
/// <param name="Changes">Committed changes.</param>
/// <param name="Events">Row events in the topics, duplicates counted, tombstones not.</param>
/// <param name="Missing">Committed changes without an event.</param>
/// <param name="OutOfOrder">Events that came before one that was committed earlier for the same key.</param>
/// <param name="Unexplained">Events of no committed change, and duplicates whose source position differs.</param>
/// <param name="Duplicates">Events that came again.</param>
/// <param name="MissingTombstones">Deletes that no tombstone of the same key follows.</param>
/// <param name="Examples">The first few findings in words.</param>
public sealed record HistoryReport(
    long Changes,
    long Events,
    long Missing,
    long OutOfOrder,
    long Unexplained,
    long Duplicates,
    long MissingTombstones,
    IReadOnlyList<string> Examples)
{
    public bool IsClean => Missing + OutOfOrder + Unexplained + MissingTombstones == 0;

    public override string ToString() =>
        $"{Changes} changes, {Events} events, {Missing} missing, {OutOfOrder} out of order, {Unexplained} unexplained, {Duplicates} duplicates, {MissingTombstones} tombstones missing"
        + string.Concat(Examples.Select(e => "\n  " + e));
}
