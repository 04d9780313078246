using Npgsql;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;

namespace Penstock.Postgres.State;

/// <summary>
/// The progress of incremental snapshots: table <c>penstock.incremental_snapshot</c>. Each row is the state as of a commit in the stream, so that a start takes the newest one that
/// the slot's confirmed position has passed: what was read behind it was not delivered for certain, and is read again.
/// </summary>
public sealed class SnapshotMemory(SourceDatabase database, string name, string slotName)
{
    /// <summary>Makes the table if it is missing; the schema is there (<see cref="PipelineState.Ensure"/>).</summary>
    /// <exception cref="DatabaseException">No right to.</exception>
    public void Ensure()
    {
        using var connection = database.Open();
        database.Translated(() =>
        {
            if (!connection.True("SELECT pg_catalog.to_regclass('penstock.incremental_snapshot') IS NOT NULL"))
            {
                connection.Execute("""
                    CREATE TABLE IF NOT EXISTS penstock.incremental_snapshot (
                        name text NOT NULL,
                        commit_lsn pg_lsn NOT NULL,
                        state text NOT NULL,
                        updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
                        PRIMARY KEY (name, commit_lsn));
                    COMMENT ON TABLE penstock.incremental_snapshot IS 'Progress of snapshots asked for through the signal table. Deleting a pipeline''s rows makes it forget a snapshot that it has begun.';
                    """);
            }

            return true;
        });
    }

    /// <summary>The state that a stream beginning at <paramref name="confirmedLsn"/> stands on, or null. Later ones are forgotten: the stream leads to them again.</summary>
    public string? Load(ulong confirmedLsn)
    {
        using var connection = database.Open();
        return database.Translated(() =>
        {
            (string, object)[] parameters = [("name", name), ("lsn", new Lsn(confirmedLsn).ToString())];
            connection.Execute("DELETE FROM penstock.incremental_snapshot WHERE name = @name AND commit_lsn >= CAST(@lsn AS pg_lsn)", parameters);
            return connection.Text("SELECT state FROM penstock.incremental_snapshot WHERE name = @name ORDER BY commit_lsn DESC LIMIT 1", ("name", name));
        });
    }

    /// <summary>Writes the state as of a commit, and drops those that no start can need any more.</summary>
    /// <param name="connection">The connection whose transaction it belongs to.</param>
    /// <param name="commitLsn">LSN of the commit record.</param>
    /// <param name="state">The state.</param>
    public void Save(NpgsqlConnection connection, ulong commitLsn, string state) => connection.Execute(
        """
        WITH saved AS (
            INSERT INTO penstock.incremental_snapshot AS s (name, commit_lsn, state) VALUES (@name, CAST(@lsn AS pg_lsn), @state)
            ON CONFLICT (name, commit_lsn) DO UPDATE SET state = excluded.state, updated_at = pg_catalog.now())
        DELETE FROM penstock.incremental_snapshot WHERE name = @name AND commit_lsn < (
            SELECT max(s.commit_lsn) FROM penstock.incremental_snapshot s
            JOIN pg_catalog.pg_replication_slots r ON r.slot_name = @slot AND s.commit_lsn < r.confirmed_flush_lsn
            WHERE s.name = @name)
        """,
        ("name", name),
        ("lsn", new Lsn(commitLsn).ToString()),
        ("state", state),
        ("slot", slotName));

    /// <summary>Forgets everything: a new slot begins a new stream.</summary>
    public void Forget()
    {
        using var connection = database.Open();
        database.Translated(() =>
        {
            connection.Execute("DELETE FROM penstock.incremental_snapshot WHERE name = @name", ("name", name));
            return true;
        });
    }
}
