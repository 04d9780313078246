using Penstock.Postgres.Wal;

namespace Penstock.Postgres.State;

/// <summary>How changes came to be missing, or could be.</summary>
public enum GapKind
{
    /// <summary>The slot that the state remembers is gone.</summary>
    SlotGone,

    /// <summary>The server has removed WAL that the slot needed.</summary>
    SlotLost,

    /// <summary>The slot stands beyond what this pipeline has told it: it was made anew, or somebody moved it.</summary>
    SlotAhead,

    /// <summary>Another cluster: a restore by dump, an upgrade, a changed DATABASE_URL.</summary>
    OtherServer,

    /// <summary>The server's log ends before what was confirmed: it was restored from a backup, or a standby was promoted that lagged behind.</summary>
    ServerBehind,
}

/// <summary>A piece of the write-ahead log whose changes are not in the topics, and will not come.</summary>
/// <param name="Kind">How it came about.</param>
/// <param name="SlotName">The slot.</param>
/// <param name="FromLsn">Everything before it was delivered; 0 if that is not known.</param>
/// <param name="ToLsn">Where reading goes on; 0 if that is not known.</param>
public sealed record SlotGap(GapKind Kind, string SlotName, ulong FromLsn, ulong ToLsn)
{
    /// <summary>The kind as events, health and logs name it.</summary>
    public string KindName => Kind switch
    {
        GapKind.SlotGone => "slot-gone",
        GapKind.SlotLost => "slot-lost",
        GapKind.SlotAhead => "slot-ahead",
        GapKind.OtherServer => "other-server",
        _ => "server-behind",
    };

    /// <summary>What happened, in one sentence with the range.</summary>
    public string Description => Kind switch
    {
        GapKind.SlotGone => $"slot \"{SlotName}\" is gone since {From} was confirmed: changes after that are not in the topics",
        GapKind.SlotLost => $"slot \"{SlotName}\" is lost, the server removed write-ahead log that it needed: changes after {From} are not in the topics",
        GapKind.SlotAhead =>
            $"slot \"{SlotName}\" stands at {To}, beyond {From}, the furthest that this pipeline confirmed: it was dropped and made anew, or moved by somebody else; changes between the two are not in the topics",
        GapKind.OtherServer => $"slot \"{SlotName}\" is on another server than the one this pipeline read up to {From} (its system identifier differs): changes in between may be missing from the topics",
        _ => $"the server's write-ahead log ends at {To}, before {From}, which was confirmed: it was restored from a backup or is a standby that lagged behind; the topics hold changes that the database does not have",
    };

    private string From => FromLsn == 0 ? "an unknown position" : new Lsn(FromLsn).ToString();

    private string To => ToLsn == 0 ? "an unknown position" : new Lsn(ToLsn).ToString();
}
