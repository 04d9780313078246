namespace Penstock.Postgres.Apply;

/// <summary>How far the source has been applied through one partition: where its log stood, and when.</summary>
/// <param name="CommitLsn">Of the last transaction committed before the event's, by <c>source.sequence</c>; 0 where the source does not tell.</param>
/// <param name="Lsn">Of the change.</param>
/// <param name="TimeMs"><c>source.ts_ms</c>.</param>
/// <param name="Ordinal">The record's place in its transaction, of the header <c>__penstock.position</c>; -1 where there is none: several rows may then share a position.</param>
public readonly record struct SourcePosition(long CommitLsn, long Lsn, long TimeMs, long Ordinal = -1)
{
    /// <summary>
    /// The event was applied before, provably: the source's log and its clock are both behind. A source that was set up anew begins with low positions and later times, and is not held back.
    /// </summary>
    public bool IsOlderThan(in SourcePosition applied) =>
        TimeMs <= applied.TimeMs
        && (CommitLsn < applied.CommitLsn
            || (CommitLsn == applied.CommitLsn && (Lsn < applied.Lsn || (Lsn == applied.Lsn && Ordinal >= 0 && Ordinal <= applied.Ordinal))));
}

/// <summary>A partition that this process owns in the target, with its fencing epoch.</summary>
public sealed class PartitionPosition
{
    private volatile bool _isRevoked;
    private long _doneOffset = -1;
    private long _doneTimeMs;

    public required string Topic { get; init; }

    public required int Partition { get; init; }

    /// <summary>Raised by each owner; a commit under a former one is refused.</summary>
    public required long Epoch { get; init; }

    /// <summary>The first offset that is not applied, when the partition was taken; -1 if nothing of it ever was.</summary>
    public required long NextOffset { get; init; }

    /// <summary>Records before this offset were applied, even if reading begins before it because somebody has set <c>next_offset</c> back.</summary>
    public required long AppliedOffset { get; set; }

    /// <summary>What was applied when the partition was taken; then kept by the decoder, which sees events in their order.</summary>
    public required SourcePosition Applied { get; set; }

    /// <summary>The first offset that is not committed in the target, for figures; -1 before anything was. Written by the applier.</summary>
    public long DoneOffset
    {
        get => Volatile.Read(ref _doneOffset);
        set => Volatile.Write(ref _doneOffset, value);
    }

    /// <summary>The source's time of the last event that is committed, for figures, milliseconds since 1970; 0 where it is not known.</summary>
    public long DoneTimeMs
    {
        get => Volatile.Read(ref _doneTimeMs);
        set => Volatile.Write(ref _doneTimeMs, value);
    }

    /// <summary>It has gone elsewhere: its changes are not applied any more.</summary>
    public bool IsRevoked => _isRevoked;

    public void Revoke() => _isRevoked = true;

    /// <summary>What the transaction at hand goes by, set when it begins: rows and offset of a partition are both in it, or neither is, whenever the partition may go elsewhere.</summary>
    internal bool IsLeftOut { get; set; }

    public override string ToString() => $"{Topic}[{Partition}]";
}

/// <summary>How far a partition is once a batch is applied.</summary>
/// <param name="Partition">Which.</param>
/// <param name="NextOffset">The first offset behind the batch.</param>
/// <param name="Applied">The source's position then.</param>
public readonly record struct PartitionEnd(PartitionPosition Partition, long NextOffset, SourcePosition Applied);
