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
    private readonly LogicalReplicationConnection _connection;
    private readonly DatabaseUrl _url;

    private ExportedSnapshot(LogicalReplicationConnection connection, DatabaseUrl url, PgOutputReplicationSlot slot)
    {
        _url = url;
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
    /// <param name="stop">Ends the wait as the timeout does.</param>
    /// <exception cref="DatabaseException">Translated; <see cref="FailureClass.Unavailable"/> naming the blocking process after the timeout.</exception>
    public static ExportedSnapshot Create(SourceDatabase database, string slotName, int timeoutMs, Action<string> onWaiting, CancellationToken stop = default)
    {
        var connection = database.OpenReplication();
        try
        {
            connection.CommandTimeout = Timeout.InfiniteTimeSpan;
            var slot = SlotCreation.Wait(
                database,
                connection.ProcessID,
                abort => connection.CreatePgOutputReplicationSlot(slotName, temporarySlot: true, LogicalSlotSnapshotInitMode.Export, cancellationToken: abort),
                timeoutMs,
                onWaiting,
                stop);
            return new ExportedSnapshot(connection, database.Url, slot);
        }
        catch
        {
            ConnectionEnd.CloseInTime(connection, database.Url);
            throw;
        }
    }

    /// <summary>Ends both; a connection that is dead without a word is waited for a few seconds.</summary>
    public void Dispose() => ConnectionEnd.CloseInTime(_connection, _url);
}
