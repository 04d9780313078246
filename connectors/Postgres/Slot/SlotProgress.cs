using Npgsql;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;

namespace Penstock.Postgres.Slot;

/// <summary>The walsender that reads a slot (pg_stat_replication).</summary>
/// <param name="Pid">Its process id.</param>
/// <param name="Application">application_name of its client, "" where the user may not see it.</param>
/// <param name="Client">Address of its client, "local" over a Unix socket.</param>
/// <param name="Since">When it was started.</param>
/// <param name="State">startup, catchup, streaming; "" where the user may not see it (it takes pg_monitor, even for sessions of its own).</param>
/// <param name="SentLsn">Up to where it has sent; 0 if not known.</param>
/// <param name="ReceivedLsn">Up to where the client has received, by its word; 0 if not known.</param>
public sealed record SlotReader(int Pid, string Application, string Client, DateTimeOffset Since, string State, ulong SentLsn, ulong ReceivedLsn);

/// <summary>A transaction that makes the server keep its write-ahead log: a slot's restart_lsn cannot pass its begin.</summary>
/// <param name="Pid">Process id of its session; null for one that is prepared (two-phase commit).</param>
/// <param name="Who">Application and user, or the prepared transaction's name.</param>
/// <param name="State">active, idle in transaction, prepared.</param>
/// <param name="For">How long it has been open.</param>
public sealed record OpenTransaction(int? Pid, string Who, string State, TimeSpan For)
{
    /// <summary>Process and client, for people.</summary>
    public string Holder => $"{(Pid is { } pid ? $"process {pid}" : "transaction")} ({Who})";
}

/// <summary>A slot at one moment, beside the end of the log.</summary>
/// <param name="At">The server's clock.</param>
/// <param name="HeadLsn">End of the write-ahead log.</param>
/// <param name="Slot">Null if there is none.</param>
/// <param name="Reader">Null if nobody reads it.</param>
/// <param name="KeepBytes">max_slot_wal_keep_size; null for no limit.</param>
/// <param name="Oldest">The open transaction with changes that began first; null if there is none.</param>
public sealed record SlotProgress(DateTimeOffset At, ulong HeadLsn, SlotState? Slot, SlotReader? Reader, long? KeepBytes, OpenTransaction? Oldest)
{
    /// <summary>A session's advisory lock that says that a process reads the snapshot from which the slot will follow.</summary>
    public bool IsSnapshotRead { get; init; }

    /// <summary>The table that is being read for it; null where that cannot be seen.</summary>
    public SnapshotReading? Reading { get; init; }

    /// <summary>What is not confirmed yet; 0 without a slot.</summary>
    public long UnconfirmedBytes => Slot is { } slot && HeadLsn > slot.ConfirmedFlushLsn ? (long)(HeadLsn - slot.ConfirmedFlushLsn) : 0;

    // max_slot_wal_keep_size is in MB; -1 is no limit, and servers before PostgreSQL 13 have none.
    private const string MomentSql = """
        SELECT extract(epoch FROM pg_catalog.clock_timestamp())::float8, (SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'max_slot_wal_keep_size'),
            EXISTS (SELECT FROM pg_catalog.pg_locks l, pg_catalog.hashtextextended(@lock, 0) AS h
                WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
                AND l.classid::bigint = (h >> 32) & 4294967295 AND l.objid::bigint = h & 4294967295)
        """;

    private const string ReaderSql = """
        SELECT pid, coalesce(application_name, ''), coalesce(pg_catalog.host(client_addr), 'local'), extract(epoch FROM backend_start)::float8, coalesce(state, ''), sent_lsn::text, write_lsn::text
        FROM pg_catalog.pg_stat_replication WHERE pid = @pid
        """;

    // Only a transaction with an id has changes that a slot waits for.
    private const string OldestSql = """
        SELECT pid, who, state, extract(epoch FROM pg_catalog.clock_timestamp() - since)::float8 FROM (
            SELECT a.pid, coalesce(nullif(a.application_name, ''), '?') || ', user ' || coalesce(a.usename::text, '?') AS who, coalesce(a.state, '') AS state, a.xact_start AS since
            FROM pg_catalog.pg_stat_activity a WHERE a.backend_xid IS NOT NULL AND a.xact_start IS NOT NULL AND a.datname = pg_catalog.current_database()
            UNION ALL SELECT NULL, x.gid, 'prepared', x.prepared FROM pg_catalog.pg_prepared_xacts x WHERE x.database = pg_catalog.current_database()) AS t
        ORDER BY since LIMIT 1
        """;

    /// <summary>Looks; changes nothing.</summary>
    public static SlotProgress Read(NpgsqlConnection connection, string slotName)
    {
        var slot = ReplicationSlots.Find(connection, slotName);
        var (at, keepMb, isSnapshotRead) = connection.List(
            MomentSql, r => (Moment(r.GetDouble(0)), r.IsDBNull(1) ? -1 : r.GetInt64(1), r.GetBoolean(2)), ("lock", SnapshotLock.NameOf(slotName)))[0];
        var reader = slot?.ActivePid is not { } pid ? null : connection.List(
            ReaderSql,
            r => new SlotReader(r.GetInt32(0), r.GetString(1), r.GetString(2), r.IsDBNull(3) ? at : Moment(r.GetDouble(3)), r.GetString(4), Lsn.ValueOrZero(r.TextOrNull(5)), Lsn.ValueOrZero(r.TextOrNull(6))),
            ("pid", pid)).FirstOrDefault();
        var oldest = connection.List(
            OldestSql, r => new OpenTransaction(r.IsDBNull(0) ? null : r.GetInt32(0), r.GetString(1), r.GetString(2), TimeSpan.FromSeconds(Math.Max(0, r.GetDouble(3))))).FirstOrDefault();
        return new SlotProgress(at, ReplicationSlots.HeadLsn(connection), slot, reader, keepMb < 0 ? null : keepMb << 20, oldest)
        {
            IsSnapshotRead = isSnapshotRead,
            Reading = isSnapshotRead ? SnapshotReading.Find(connection) : null,
        };
    }

    private static DateTimeOffset Moment(double seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);
}

/// <summary>What two looks at one slot, a moment apart, say of the time that is left.</summary>
/// <param name="HeadBytesPerSecond">How fast the log grows.</param>
/// <param name="ConfirmedBytesPerSecond">How fast the pipeline follows.</param>
/// <param name="ToCatchUp">Null if it does not, or is there.</param>
/// <param name="ToFull">Until max_slot_wal_keep_size is reached; null without a limit, or while less is written than confirmed.</param>
public sealed record SlotPace(long HeadBytesPerSecond, long ConfirmedBytesPerSecond, TimeSpan? ToCatchUp, TimeSpan? ToFull)
{
    /// <summary>Compares the two; null without a slot in both.</summary>
    public static SlotPace? Between(SlotProgress before, SlotProgress after)
    {
        double seconds = (after.At - before.At).TotalSeconds;
        if (before.Slot is not { } first || after.Slot is not { } last || seconds <= 0)
        {
            return null;
        }

        double head = (after.HeadLsn - before.HeadLsn) / seconds;
        double confirmed = last.ConfirmedFlushLsn > first.ConfirmedFlushLsn ? (last.ConfirmedFlushLsn - first.ConfirmedFlushLsn) / seconds : 0;
        double behind = after.HeadLsn > last.ConfirmedFlushLsn ? after.HeadLsn - last.ConfirmedFlushLsn : 0;
        // What the slot holds begins at restart_lsn, which follows what is confirmed with a delay: its growth is the log's own unless the pipeline keeps up.
        double growth = head - confirmed;
        return new SlotPace(
            (long)head,
            (long)confirmed,
            behind > 0 && confirmed > head ? TimeSpan.FromSeconds(Math.Min(behind / (confirmed - head), MostSeconds)) : null,
            after.KeepBytes is { } keep && growth > 0 ? TimeSpan.FromSeconds(Math.Clamp((keep - last.HeldBytes) / growth, 0, MostSeconds)) : null);
    }

    /// <summary>Ten years: nobody plans for more, and the quotient of a small growth would not fit.</summary>
    private const double MostSeconds = 10 * 365.25 * 86_400;
}
