using System.Globalization;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Slot;

/// <summary>
/// A temporary logical slot with the snapshot of the database at its consistent point. Both live as long as this object's replication connection: a kill leaves nothing behind.
/// </summary>
/// <remarks>Nothing else may run on the connection: the next command would end the exported snapshot (protocol page "CREATE_REPLICATION_SLOT").</remarks>
public sealed class ExportedSnapshot : IDisposable
{
    // Building the first consistent snapshot takes milliseconds unless older transactions are open; after this long they are worth a word.
    private static readonly TimeSpan FirstWord = TimeSpan.FromSeconds(5);

    private readonly LogicalReplicationConnection _connection;

    private ExportedSnapshot(LogicalReplicationConnection connection, PgOutputReplicationSlot slot)
    {
        _connection = connection;
        SlotName = slot.Name;
        SnapshotName = slot.SnapshotName!;
        ConsistentPoint = (ulong)slot.ConsistentPoint;
    }

    public string SlotName { get; }

    /// <summary>For SET TRANSACTION SNAPSHOT.</summary>
    public string SnapshotName { get; }

    /// <summary>The snapshot shows all commits before this LSN and none after it; the slot's stream begins with exactly the others.</summary>
    public ulong ConsistentPoint { get; }

    /// <summary>
    /// Creates slot and snapshot. The server waits for transactions that were open before; who they are is told through <paramref name="onWaiting"/>.
    /// </summary>
    /// <param name="database">Where.</param>
    /// <param name="slotName">Name of the temporary slot.</param>
    /// <param name="timeoutMs">How long older transactions are waited for (Debezium's <c>internal.create.slot.command.timeout</c>: 90 s).</param>
    /// <param name="onWaiting">Told once, after five seconds.</param>
    /// <exception cref="DatabaseException">Translated; <see cref="FailureClass.Unavailable"/> naming the blocking process after the timeout.</exception>
    public static ExportedSnapshot Create(SourceDatabase database, string slotName, int timeoutMs, Action<string> onWaiting)
    {
        var connection = database.OpenReplication();
        try
        {
            connection.CommandTimeout = Timeout.InfiniteTimeSpan;
            using var stop = new CancellationTokenSource();
            var creating = connection.CreatePgOutputReplicationSlot(slotName, temporarySlot: true, LogicalSlotSnapshotInitMode.Export, cancellationToken: stop.Token);
            if (!WaitFor(creating, FirstWord))
            {
                string blocked = Blockers(database, connection.ProcessID);
                onWaiting($"the slot waits for transactions that began before it: {blocked}");
                if (!WaitFor(creating, TimeSpan.FromMilliseconds(timeoutMs) - FirstWord))
                {
                    blocked = Blockers(database, connection.ProcessID);
                    stop.Cancel();
                    WaitFor(creating, FirstWord);
                    throw new DatabaseException(
                        FailureClass.Unavailable,
                        $"the replication slot could not be created within {timeoutMs / 1000} s, because older transactions are still open: {blocked}. "
                        + "Let them end, or end them with SELECT pg_terminate_backend(PID);");
                }
            }

            return new ExportedSnapshot(connection, database.Translated(() => creating.GetAwaiter().GetResult()));
        }
        catch
        {
            Close(connection);
            throw;
        }
    }

    public void Dispose() => Close(_connection);

    private static bool WaitFor(Task task, TimeSpan limit)
    {
        // Failures are the caller's, by way of the task itself.
        return limit > TimeSpan.Zero && Task.WhenAny(task, Task.Delay(limit)).GetAwaiter().GetResult() == task;
    }

    /// <summary>Who the walsender waits for: process, user, application and age of the transaction. No query text: it may hold values.</summary>
    private static string Blockers(SourceDatabase database, int walsenderPid)
    {
        using var connection = database.Open();
        var blockers = connection.List(
            """
            SELECT a.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''), coalesce(a.state, ''),
                   coalesce(extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::bigint, 0)
            FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(@pid)) AS b(pid)
            JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
            """,
            r => string.Create(
                CultureInfo.InvariantCulture,
                $"process {r.GetInt32(0)} (user {r.GetString(1)}, application '{r.GetString(2)}', {r.GetString(3)}, open for {r.GetInt64(4)} s)"),
            ("pid", walsenderPid));
        return blockers.Count == 0 ? "which one is not visible to this user" : string.Join(", ", blockers);
    }

    private static void Close(LogicalReplicationConnection connection) => connection.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
