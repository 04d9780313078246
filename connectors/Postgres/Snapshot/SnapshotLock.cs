using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Snapshot;

/// <summary>
/// Held while a snapshot is read: two processes of one pipeline that start at the same moment (a platform's rolling restart) must not both read the tables. The slot, which keeps
/// them apart later, does not exist yet. A session's advisory lock: it goes with the connection, so a kill leaves nothing.
/// </summary>
public sealed class SnapshotLock : IDisposable
{
    private readonly NpgsqlConnection _connection;

    private SnapshotLock(NpgsqlConnection connection) => _connection = connection;

    /// <summary>Takes the lock of a slot's name.</summary>
    /// <exception cref="DatabaseException"><see cref="FailureClass.SlotActive"/>: another process reads the snapshot.</exception>
    public static SnapshotLock Take(SourceDatabase database, string slotName)
    {
        var connection = database.OpenPatient();
        try
        {
            return database.Translated(() => TryTake(connection, NameOf(slotName), database.Url.CommandTimeoutSeconds))
                ? new SnapshotLock(connection)
                : throw new DatabaseException(FailureClass.SlotActive, $"another process reads the snapshot for slot \"{slotName}\" at this moment.");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>What the lock of a slot's snapshot is called.</summary>
    internal static string NameOf(string slotName) => $"penstock snapshot {slotName}";

    /// <summary>Takes a session's lock by its name, if nobody has it.</summary>
    internal static bool TryTake(NpgsqlConnection connection, string name, int limitSeconds) =>
        connection.TrueWithin(limitSeconds, "SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended(@name, 0))", ("name", name));

    /// <summary>Process id of the session that holds it.</summary>
    public int Backend => _connection.ProcessID;

    public void Dispose() => _connection.Dispose();
}
