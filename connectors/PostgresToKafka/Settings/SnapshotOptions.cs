using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>When a snapshot is read.</summary>
internal enum SnapshotTime
{
    Never,

    /// <summary>Until one is complete, and again when the slot is gone.</summary>
    Once,

    /// <summary>At every start of the process.</summary>
    EveryStart,
}

/// <summary>What <c>snapshot.mode</c> asks for.</summary>
/// <param name="Time">When a snapshot is read.</param>
/// <param name="WithStream">The stream is read behind it; else the pipeline ends.</param>
/// <param name="RenewsLostSlot">A slot whose write-ahead log is gone is made anew instead of being an error.</param>
internal sealed record SnapshotRule(SnapshotTime Time, bool WithStream, bool RenewsLostSlot);

/// <summary>Whether, when and how a snapshot is read.</summary>
internal sealed record SnapshotOptions
{
    public required SnapshotRule Rule { get; init; }

    /// <summary>Null: all captured tables.</summary>
    public required PatternList? IncludeCollectionList { get; init; }

    /// <summary>SELECT statements by <c>schema.table</c>, without a semicolon at the end.</summary>
    public required IReadOnlyDictionary<string, string> Statements { get; init; }

    /// <summary>How long each table's lock is waited for, 0 for ever; null for no locks.</summary>
    public required int? LockTimeoutMs { get; init; }

    public required int DelayMs { get; init; }

    public required int StreamingDelayMs { get; init; }

    internal static SnapshotOptions From(SettingValues values) => new()
    {
        Rule = SnapshotSettings.Rule(values),
        IncludeCollectionList = values.Get(SnapshotSettings.IncludeCollectionList),
        Statements = SnapshotStatements.Read(values, static (_, problem) => throw new FormatException(problem)),
        LockTimeoutMs = values.Get(SnapshotSettings.LockTables) ? values.Get(SnapshotSettings.LockTimeoutMs) : null,
        DelayMs = values.Get(SnapshotSettings.DelayMs),
        StreamingDelayMs = values.Get(SnapshotSettings.StreamingDelayMs),
    };
}
