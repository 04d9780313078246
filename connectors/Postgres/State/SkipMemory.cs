using Penstock.Engine.Flow;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;

namespace Penstock.Postgres.State;

/// <summary>An event that somebody asked to leave out.</summary>
/// <param name="Position">Its identity.</param>
/// <param name="AskedAt">When.</param>
/// <param name="AskedBy">By whom.</param>
/// <param name="DoneAt">When the pipeline left it out; null if it has not met it.</param>
/// <param name="Table"><c>schema.table</c>, or "".</param>
/// <param name="Operation">As in events, or "".</param>
/// <param name="Reason">Why it could not go, or "".</param>
public sealed record EventSkip(EventPosition Position, DateTimeOffset AskedAt, string AskedBy, DateTimeOffset? DoneAt, string Table, string Operation, string Reason);

/// <summary>What was asked of the pipeline to leave out, and what it did: table <c>penstock.skipped_events</c>, which is the audit of it. Nothing but <c>destroy</c> deletes its rows.</summary>
public sealed class SkipMemory(SourceDatabase database, string name)
{
    private const string Exists = "SELECT pg_catalog.to_regclass('penstock.skipped_events') IS NOT NULL";

    /// <summary>Notes that an event is to be left out; false if that was asked for before. Makes the table; the schema is there.</summary>
    /// <exception cref="DatabaseException">No right to.</exception>
    public bool Ask(EventPosition position, string by)
    {
        using var connection = database.Open();
        return database.Translated(() =>
        {
            if (!connection.True(Exists))
            {
                connection.Execute("""
                    CREATE TABLE IF NOT EXISTS penstock.skipped_events (
                        name text NOT NULL,
                        commit_lsn pg_lsn NOT NULL,
                        ordinal bigint NOT NULL,
                        asked_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
                        asked_by text NOT NULL,
                        done_at timestamptz,
                        table_name text,
                        operation text,
                        reason text,
                        PRIMARY KEY (name, commit_lsn, ordinal));
                    COMMENT ON TABLE penstock.skipped_events IS 'Events that pipelines were asked to leave out, and when they did.';
                    """);
            }

            return connection.List(
                "INSERT INTO penstock.skipped_events (name, commit_lsn, ordinal, asked_by) VALUES (@name, CAST(@lsn AS pg_lsn), @ordinal, @by) ON CONFLICT DO NOTHING RETURNING 1",
                _ => 1,
                ("name", name),
                ("lsn", new Lsn(position.CommitLsn).ToString()),
                ("ordinal", position.Ordinal),
                ("by", by)).Count > 0;
        });
    }

    /// <summary>All that was asked for, in the order of the log.</summary>
    public IReadOnlyList<EventSkip> Read()
    {
        using var connection = database.Open();
        return database.Translated(() => !connection.True(Exists)
            ? []
            : connection.List(
                """
                SELECT commit_lsn::text, ordinal, extract(epoch FROM asked_at)::float8, asked_by, extract(epoch FROM done_at)::float8, coalesce(table_name, ''), coalesce(operation, ''), coalesce(reason, '')
                FROM penstock.skipped_events WHERE name = @name ORDER BY commit_lsn, ordinal
                """,
                r => new EventSkip(
                    new EventPosition(Lsn.ValueOrZero(r.GetString(0)), r.GetInt64(1)),
                    DateTimeOffset.UnixEpoch.AddSeconds(r.GetDouble(2)),
                    r.GetString(3),
                    r.IsDBNull(4) ? null : DateTimeOffset.UnixEpoch.AddSeconds(r.GetDouble(4)),
                    r.GetString(5),
                    r.GetString(6),
                    r.GetString(7)),
                ("name", name)));
    }

    /// <summary>Notes that an event was left out. The first time counts: after a failure it may come again.</summary>
    public void Done(EventPosition position, string table, char operation, string reason)
    {
        using var connection = database.Open();
        database.Translated(() =>
        {
            connection.Execute(
                """
                UPDATE penstock.skipped_events SET done_at = coalesce(done_at, pg_catalog.clock_timestamp()), table_name = @table, operation = @operation, reason = @reason
                WHERE name = @name AND commit_lsn = CAST(@lsn AS pg_lsn) AND ordinal = @ordinal
                """,
                ("name", name),
                ("lsn", new Lsn(position.CommitLsn).ToString()),
                ("ordinal", position.Ordinal),
                ("table", table),
                ("operation", operation.ToString()),
                ("reason", reason));
            return true;
        });
    }
}
