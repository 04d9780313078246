using System.Globalization;
using Npgsql;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;
using Penstock.Postgres.Wal.Socket;

namespace Penstock.Postgres.Slot;

/// <param name="Name">slot_name.</param>
/// <param name="Plugin">plugin, "" for a physical slot.</param>
/// <param name="Database">database, "" for a physical slot.</param>
/// <param name="IsActive">Somebody reads from it.</param>
/// <param name="ActivePid">Process id of the walsender that does, or null.</param>
/// <param name="RestartLsn">Oldest WAL it holds; 0 if none.</param>
/// <param name="ConfirmedFlushLsn">Where reading goes on; 0 if none.</param>
/// <param name="WalStatus">reserved, extended, unreserved, lost, or "".</param>
/// <param name="IsTemporary">Goes away with its connection.</param>
/// <param name="HeldBytes">WAL kept for it, in bytes.</param>
/// <param name="InvalidationReason">Why it is lost, from PG 17 on: wal_removed, rows_removed, wal_level_insufficient, idle_timeout; else "".</param>
/// <param name="IsFailover">The server keeps it on its standbys too (from PG 17 on).</param>
public sealed record SlotState(
    string Name,
    string Plugin,
    string Database,
    bool IsActive,
    int? ActivePid,
    ulong RestartLsn,
    ulong ConfirmedFlushLsn,
    string WalStatus,
    bool IsTemporary,
    long HeldBytes,
    string InvalidationReason,
    bool IsFailover)
{
    /// <summary>The server has removed WAL that the slot needs: it can never be read again.</summary>
    public bool IsLost => WalStatus == "lost";
}

/// <summary>Looks at, copies and drops replication slots.</summary>
public static class ReplicationSlots
{
    // By way of jsonb a column that an older server does not have is null.
    private const string StateSql = """
        SELECT s.slot_name::text, coalesce(s.plugin::text, ''), coalesce(s.database::text, ''), s.active, s.active_pid, s.restart_lsn::text, s.confirmed_flush_lsn::text,
               coalesce(s.wal_status, ''), s.temporary,
               coalesce(pg_catalog.pg_wal_lsn_diff(
                   CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END, s.restart_lsn), 0)::bigint,
               coalesce(pg_catalog.to_jsonb(s) ->> 'invalidation_reason', ''), coalesce((pg_catalog.to_jsonb(s) ->> 'failover')::bool, false)
        FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = @name
        """;

    public static SlotState? Find(NpgsqlConnection connection, string name) => connection.List(
        StateSql,
        r => new SlotState(
            r.GetString(0),
            r.GetString(1),
            r.GetString(2),
            r.GetBoolean(3),
            r.IsDBNull(4) ? null : r.GetInt32(4),
            Lsn.ValueOrZero(r.TextOrNull(5)),
            Lsn.ValueOrZero(r.TextOrNull(6)),
            r.GetString(7),
            r.GetBoolean(8),
            r.GetInt64(9),
            r.GetString(10),
            r.GetBoolean(11)),
        ("name", name)).FirstOrDefault();

    /// <summary>The logical slots of the connection's database.</summary>
    public static IReadOnlyList<string> Names(NpgsqlConnection connection) => connection.List(
        "SELECT slot_name::text FROM pg_catalog.pg_replication_slots WHERE database = pg_catalog.current_database() ORDER BY 1", row => row.GetString(0));

    /// <summary>The end of the server's write-ahead log; of what is replayed on a standby.</summary>
    public static ulong HeadLsn(NpgsqlConnection connection) => Lsn.ValueOrZero(connection.Text(
        "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_insert_lsn() END::text"));

    /// <summary>How long a walsender waits for a status before it hangs up, in milliseconds; 0 for ever.</summary>
    public static int WalSenderTimeoutMs(SourceDatabase database)
    {
        using var connection = database.Open();
        return database.Translated(() => int.Parse(
            connection.Text("SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'") ?? "0", CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// Why a slot of this name cannot be read by this pipeline, or null: another plugin, another database, lost.
    /// </summary>
    public static string? Unusable(SlotState slot, string database) => slot switch
    {
        { Plugin: not "pgoutput" } =>
            $"slot \"{slot.Name}\" belongs to {(slot.Plugin.Length == 0 ? "a physical standby" : $"plugin {slot.Plugin}")}, not to pgoutput: choose another slot.name, "
            + $"or drop it: SELECT pg_drop_replication_slot({SqlName.Literal(slot.Name)});",
        _ when slot.Database != database => $"slot \"{slot.Name}\" belongs to database \"{slot.Database}\", not to \"{database}\": choose another slot.name.",
        { IsLost: true } =>
            $"slot \"{slot.Name}\" is lost: {LostBecause(slot.InvalidationReason)}, so changes are missing for ever. "
            + "Set PENSTOCK_ON_GAP=resnapshot to read the tables again through a new slot, or PENSTOCK_ON_GAP=continue to go on with what follows.",
        _ => null,
    };

    private static string LostBecause(string reason) => reason switch
    {
        "idle_timeout" => "it was not read for longer than idle_replication_slot_timeout of the server",
        "rows_removed" or "wal_level_insufficient" => $"the server has invalidated it ({reason})",
        _ => "the server removed WAL that it still needed (max_slot_wal_keep_size)",
    };

    /// <summary>
    /// A slot without a snapshot, for <c>no_data</c>: the stream begins at its consistent point, which is returned. Waits for the end of older transactions.
    /// </summary>
    /// <param name="database">Where.</param>
    /// <param name="name">Name of the slot.</param>
    /// <param name="timeoutMs">How long older transactions are waited for (Debezium's <c>internal.create.slot.command.timeout</c>: 90 s).</param>
    /// <param name="onWaiting">Told once, after five seconds, for whom.</param>
    /// <param name="stop">Ends the wait as the timeout does.</param>
    /// <exception cref="DatabaseException">Translated; <see cref="FailureClass.Unavailable"/> naming the blocking processes after the timeout.</exception>
    public static ulong Create(SourceDatabase database, string name, int timeoutMs, Action<string> onWaiting, CancellationToken stop = default)
    {
        var connection = database.OpenPatient();
        try
        {
            using var command = connection.Command("SELECT lsn::text FROM pg_catalog.pg_create_logical_replication_slot(@name, 'pgoutput')", ("name", name));
            command.CommandTimeout = 0;
            return Lsn.ValueOrZero(SlotCreation.Wait(database, connection.ProcessID, command.ExecuteScalarAsync, timeoutMs, onWaiting, stop) as string);
        }
        finally
        {
            // It may still wait for the answer.
            ConnectionEnd.CloseInTime(connection, database.Url);
        }
    }

    /// <summary>Makes a permanent slot at exactly the position of a temporary one, which stays as it is.</summary>
    public static ulong CopyToPermanent(NpgsqlConnection connection, string temporary, string permanent) => Lsn.ValueOrZero(connection.Text(
        "SELECT lsn::text FROM pg_catalog.pg_copy_logical_replication_slot(@temporary, @permanent, false)", ("temporary", temporary), ("permanent", permanent)));

    /// <summary>Makes a slot that nobody reads a failover slot: <c>slot.failover</c>. Neither of the two functions that create slots here can (the copy of a failover slot is none).</summary>
    /// <exception cref="DatabaseException">The server is older than PG 17 or refuses.</exception>
    public static void MakeFailover(SourceDatabase database, string name) => database.Translated(() =>
    {
        using var session = ReplicationSession.Open(database.Url, database.ReplicationOptions(0));
        session.Execute($"ALTER_REPLICATION_SLOT {SqlName.Quote(name)} (FAILOVER true)");
        return true;
    });

    /// <summary>The slot's <c>catalog_xmin</c>: the oldest transaction whose changes of the catalogue are kept for it. Null without one, or without the slot.</summary>
    public static uint? CatalogXmin(NpgsqlConnection connection, string name) => connection.Text(
        "SELECT catalog_xmin::text FROM pg_catalog.pg_replication_slots WHERE slot_name = @name", ("name", name)) is { } text ? uint.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>Drops the slot if it exists.</summary>
    /// <returns>Whether it existed.</returns>
    public static bool Drop(NpgsqlConnection connection, string name) => connection.True(
        "SELECT pg_catalog.pg_drop_replication_slot(slot_name) IS NOT NULL FROM pg_catalog.pg_replication_slots WHERE slot_name = @name", ("name", name));
}
