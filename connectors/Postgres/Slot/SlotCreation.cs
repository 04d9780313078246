using System.Globalization;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Slot;

/// <summary>
/// Waits for the creation of a logical slot. The server lets every transaction end that was open before, so an old one can hold it up for hours: who that is gets told.
/// </summary>
internal static class SlotCreation
{
    // Building the first consistent snapshot takes milliseconds unless older transactions are open; after this long they are worth a word.
    private static readonly TimeSpan FirstWord = TimeSpan.FromSeconds(5);

    /// <param name="database">Where.</param>
    /// <param name="backendPid">The server's process that creates the slot.</param>
    /// <param name="create">Starts the creation; the token cancels it, and the server then removes the unfinished slot.</param>
    /// <param name="timeoutMs">How long older transactions are waited for.</param>
    /// <param name="onWaiting">Told once, after five seconds, for whom.</param>
    /// <param name="stop">Ends the wait as the timeout does.</param>
    /// <exception cref="DatabaseException">Translated; <see cref="FailureClass.Unavailable"/> naming the blocking processes after the timeout.</exception>
    public static T Wait<T>(SourceDatabase database, int backendPid, Func<CancellationToken, Task<T>> create, int timeoutMs, Action<string> onWaiting, CancellationToken stop)
    {
        using var abort = new CancellationTokenSource();
        var creating = create(abort.Token);
        if (!IsOver(creating, FirstWord, stop))
        {
            onWaiting($"the slot waits for transactions that began before it: {Blockers(database, backendPid)}");
            if (!IsOver(creating, TimeSpan.FromMilliseconds(timeoutMs) - FirstWord, stop))
            {
                string blockers = Blockers(database, backendPid);
                abort.Cancel();
                IsOver(creating, FirstWord, CancellationToken.None);
                throw new DatabaseException(
                    FailureClass.Unavailable,
                    $"the replication slot could not be created within {timeoutMs / 1000} s, because older transactions are still open: {blockers}. "
                    + "Let them end, or end them with SELECT pg_terminate_backend(PID);");
            }
        }

        return database.Translated(() => creating.GetAwaiter().GetResult());
    }

    private static bool IsOver(Task task, TimeSpan limit, CancellationToken stop)
    {
        // Failures are the caller's, by way of the task itself.
        return limit > TimeSpan.Zero && Task.WhenAny(task, Task.Delay(limit, stop)).GetAwaiter().GetResult() == task;
    }

    /// <summary>For whom the backend waits: process, user, application and age of the transaction. No query text: it may hold values.</summary>
    private static string Blockers(SourceDatabase database, int backendPid)
    {
        // One of the pool may be as dead as the one that waits.
        using var connection = database.OpenOwn();
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
            ("pid", backendPid));
        return blockers.Count == 0 ? "which one is not visible to this user" : string.Join(", ", blockers);
    }
}
