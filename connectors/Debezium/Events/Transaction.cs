namespace Penstock.Debezium.Events;

/// <summary>What the stream has said about the transaction at hand, and the counters that give its records their identity.</summary>
internal sealed class Transaction
{
    private byte[] _origin = [];

    /// <summary>Between Begin and Commit.</summary>
    public bool Active { get; private set; }

    /// <summary>Counts the transactions of this decoder; tells old counters of a relation from new ones.</summary>
    public long Number { get; private set; }

    /// <summary>Transaction id.</summary>
    public uint Id { get; private set; }

    /// <summary>Begin's <c>final_lsn</c>, which is the LSN of the commit record: the first half of an event's identity.</summary>
    public ulong CommitLsn { get; private set; }

    /// <summary>Begin's commit time in microseconds since 1970; outside of a transaction that of the last one (capture A3).</summary>
    public long CommitTimeUs { get; set; }

    /// <summary>Ordinal of the next record.</summary>
    public long NextOrdinal { get; set; }

    /// <summary>Events so far, tombstones and metadata records left out: <c>total_order</c>.</summary>
    public long Events { get; set; }

    /// <summary>What <c>source.sequence</c> calls the last commit: XLogData's start of the last Commit message or non-transactional message; 0 before the first.</summary>
    public ulong LastCommitLsn { get; set; }

    /// <summary>A row of the pipeline's own schema came.</summary>
    public bool HasOwnRows { get; set; }

    /// <summary>Anything else came: somebody else's row, captured or not, a truncate, a message.</summary>
    public bool HasOthers { get; set; }

    /// <summary>
    /// Nothing but the pipeline's own notes, which a publication for all tables sends too: such a transaction leaves no trace in events, neither BEGIN and END nor a last commit.
    /// </summary>
    public bool IsOwn => HasOwnRows && !HasOthers;

    /// <summary>Whether the transaction came from elsewhere (an Origin message). Stays until the next begins, for messages outside of transactions.</summary>
    public bool HasOrigin { get; private set; }

    /// <summary>Name of the replication origin.</summary>
    public ReadOnlySpan<byte> Origin => _origin.AsSpan(0, OriginLength);

    public ulong OriginLsn { get; private set; }

    private int OriginLength { get; set; }

    public void Begin(ulong commitLsn, long commitTimeUs, uint id)
    {
        Active = true;
        Number++;
        CommitLsn = commitLsn;
        CommitTimeUs = commitTimeUs;
        Id = id;
        NextOrdinal = 0;
        Events = 0;
        HasOwnRows = false;
        HasOthers = false;
        HasOrigin = false;
        OriginLength = 0;
        OriginLsn = 0;
    }

    public void SetOrigin(ReadOnlySpan<byte> name, ulong lsn)
    {
        if (name.Length > _origin.Length)
        {
            _origin = new byte[name.Length];
        }

        name.CopyTo(_origin);
        OriginLength = name.Length;
        OriginLsn = lsn;
        HasOrigin = true;
    }

    public void Commit(ulong commitMessageLsn)
    {
        Active = false;
        LastCommitLsn = IsOwn ? LastCommitLsn : commitMessageLsn;
    }
}
