namespace Penstock.Engine.Watching;

/// <summary>What a run shows of itself while it lasts. Any thread.</summary>
public interface IRunView
{
    /// <summary>How late the pipeline is, seconds; null where that is not known. Must not allocate: asked each second.</summary>
    double? LagSeconds { get; }

    /// <summary>What waits, in <see cref="LagUnit"/>; null where that is not known. Must not allocate.</summary>
    long? LagAmount { get; }

    /// <summary><c>bytes</c> of the source's log, <c>rows</c> of a snapshot, or <c>records</c> of topics.</summary>
    string LagUnit { get; }

    /// <summary>Where its parts stand in the source's log; empty where the source has none.</summary>
    IReadOnlyList<Rung> Ladder { get; }

    /// <summary>The tables of the snapshot that is read; empty without one.</summary>
    IReadOnlyList<SnapshotTableView> Snapshot { get; }

    /// <summary>The topics that are read; empty where tables are.</summary>
    IReadOnlyList<TopicView> Topics { get; }
}

/// <param name="Table">schema.table.</param>
/// <param name="Rows">Read so far.</param>
/// <param name="EstimatedRows">By the server's estimate; null if it has none.</param>
/// <param name="IsDone">All are read.</param>
public readonly record struct SnapshotTableView(string Table, long Rows, long? EstimatedRows, bool IsDone);

/// <param name="Topic">Its name.</param>
/// <param name="Records">Read since the process started.</param>
/// <param name="Partitions">That this process has.</param>
/// <param name="LagRecords">That wait; null where that is not known.</param>
/// <param name="LagSeconds">Age of the last one that was applied, while others wait; null where that is not known.</param>
public readonly record struct TopicView(string Topic, long Records, int Partitions, long? LagRecords, double? LagSeconds);
