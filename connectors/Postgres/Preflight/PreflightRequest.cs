using Penstock.Engine.Configuration;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Publication;

namespace Penstock.Postgres.Preflight;

/// <summary>What the pipeline is about to do, so that it can be checked first.</summary>
public sealed record PreflightRequest
{
    public required TableSelection Selection { get; init; }

    public required PublicationRequest Publication { get; init; }

    public required string SlotName { get; init; }

    /// <summary>A snapshot will be read (if none is complete yet): SELECT is needed.</summary>
    public required bool WithSnapshot { get; init; }

    /// <summary>Which captured tables a snapshot reads; null for all.</summary>
    public PatternList? SnapshotTables { get; init; }

    /// <summary>The user's own SELECT statements for a snapshot, by <c>schema.table</c>.</summary>
    public IReadOnlyDictionary<string, string> Statements { get; init; } = new Dictionary<string, string>();

    /// <summary>The replica identities that a table will be given at the start: none, one, or several that contradict each other.</summary>
    public Func<string, string, IReadOnlyList<WantedIdentity>> Identities { get; init; } = static (_, _) => [];

    /// <summary>A table without replica identity may be published: a warning is enough.</summary>
    public bool MayPublishWithoutIdentity { get; init; }

    /// <summary>A lost slot is dropped and made anew: a warning is enough.</summary>
    public bool RenewsLostSlot { get; init; }

    /// <summary>The slot is to be a failover slot.</summary>
    public bool Failover { get; init; }

    /// <summary>The table of the signals, or null.</summary>
    public Snapshot.SignalTableName? SignalTable { get; init; }

    /// <summary>Rows that open a window are deleted to close it.</summary>
    public bool ClosesWindowByDelete { get; init; }

    /// <summary>Whether state is to be kept.</summary>
    public State.StateWish State { get; init; } = Penstock.Postgres.State.StateWish.None;

    /// <summary>Also what is no obstacle, and may be meant so: for a person who asks, not for each start.</summary>
    public bool Advises { get; init; }

    /// <summary>This machine's clock, with which the server's is compared.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The slot will be used: false for <c>initial_only</c>.</summary>
    public bool WithStream { get; init; } = true;
}

/// <summary>What the checks have seen; the pipeline goes on from here without asking again.</summary>
/// <param name="Findings">Errors and warnings, in the order of the checks.</param>
/// <param name="ServerVersion">Major version.</param>
/// <param name="All">Every table that is not built in.</param>
/// <param name="Captured">The selected ones.</param>
/// <param name="Publication">The publication as it is, or null.</param>
/// <param name="Slot">The slot as it is, or null.</param>
/// <param name="KeepsState">State is wanted, and the user may keep it.</param>
public sealed record PreflightResult(
    IReadOnlyList<PreflightFinding> Findings,
    int ServerVersion,
    IReadOnlyList<CapturedTable> All,
    IReadOnlyList<CapturedTable> Captured,
    PublicationState? Publication,
    Slot.SlotState? Slot,
    bool KeepsState = false)
{
    public bool HasErrors => Findings.Any(f => f.IsError);
}
