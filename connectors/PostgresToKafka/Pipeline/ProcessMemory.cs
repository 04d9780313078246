namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>What one run tells the next one of the same process.</summary>
internal sealed class ProcessMemory
{
    /// <summary>A snapshot was completed since the process started: the next run of it, after a failure that passed, is no new start.</summary>
    public bool SnapshotTaken { get; set; }

    /// <summary>Where the slot stood when it was made or when a snapshot was taken: from there on no commit is known. 0 if neither has happened.</summary>
    public ulong FreshSlotLsn { get; set; }
}
