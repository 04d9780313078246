using Npgsql;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.Wal;

namespace Penstock.Postgres.State;

/// <summary>
/// The pipeline's memory: table <c>penstock.pipeline</c> in the source database (invariant 8). Without the right to it (<see cref="StateRights"/>), or with <c>PENSTOCK_STATE=none</c>, there is no
/// memory: then an existing slot is taken as the proof that the snapshot is complete, because a slot is made only after its delivery.
/// </summary>
public sealed class PipelineState(SourceDatabase database, string name, bool isKept)
{
    /// <summary>Columns that tables of earlier versions do not have.</summary>
    internal static readonly (string Name, string Type)[] LaterColumns =
    [
        ("confirmed_lsn", "pg_lsn"), ("gaps", "int NOT NULL DEFAULT 0"), ("last_gap", "text"), ("partitions", "jsonb"),
        ("paused_at", "timestamptz"), ("paused_by", "text"),
    ];

    internal static string AddLaterColumnsSql { get; } =
        "ALTER TABLE penstock.pipeline " + string.Join(", ", LaterColumns.Select(column => $"ADD COLUMN IF NOT EXISTS {column.Name} {column.Type}"));

    /// <summary>False with <c>PENSTOCK_STATE=none</c>, and where the user may not.</summary>
    public bool IsKept { get; } = isKept;

    /// <summary>Makes schema and table if they are missing.</summary>
    /// <exception cref="DatabaseException">No right to: the message says what to grant, and the alternative.</exception>
    public void Ensure()
    {
        if (!IsKept)
        {
            return;
        }

        using var connection = database.Open();
        database.Translated(() =>
        {
            if (Exists(connection))
            {
                AddNewColumns(connection);
                return true;
            }

            try
            {
                // IF NOT EXISTS asks for the right to create schemas even where there is nothing to create, and an administrator may have made it for a user without that right.
                if (!connection.True("SELECT pg_catalog.to_regnamespace('penstock') IS NOT NULL"))
                {
                    connection.Execute("CREATE SCHEMA IF NOT EXISTS penstock");
                }

                connection.Execute("""
                    CREATE TABLE IF NOT EXISTS penstock.pipeline (
                        name text PRIMARY KEY,
                        slot_name text NOT NULL,
                        system_identifier text NOT NULL,
                        timeline bigint NOT NULL,
                        snapshot_lsn pg_lsn,
                        snapshot_completed_at timestamptz,
                        updated_at timestamptz NOT NULL DEFAULT pg_catalog.now());
                    COMMENT ON TABLE penstock.pipeline IS 'State of Penstock pipelines; one row each. Deleting a row makes the pipeline take its snapshot again.';
                    """ + AddLaterColumnsSql);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                string user = SqlName.Quote(database.Url.User);
                throw new DatabaseException(
                    FailureClass.Preflight,
                    $"user {user} may not create the schema \"penstock\" for the pipeline's state. As an administrator, type: CREATE SCHEMA penstock AUTHORIZATION {user}; "
                    + "or set PENSTOCK_STATE=none to keep no state besides the slot.",
                    exception.SqlState,
                    exception);
            }
            catch (PostgresException exception) when (exception.SqlState is
                PostgresErrorCodes.DuplicateSchema or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.DuplicateObject)
            {
                // Another process made it in the same moment; IF NOT EXISTS sees what is committed, and which of the names collides first (schema, table, its row type) is chance.
                return Exists(connection);
            }

            return true;
        });
    }

    /// <summary>Makes this pipeline's row if it is missing, so that a pause can be noted before anything was delivered.</summary>
    public void Register(string slotName, ServerIdentity server)
    {
        if (!IsKept)
        {
            return;
        }

        using var connection = database.Open();
        database.Translated(() =>
        {
            connection.Execute(
                "INSERT INTO penstock.pipeline (name, slot_name, system_identifier, timeline) VALUES (@name, @slot, @system, @timeline) ON CONFLICT (name) DO NOTHING",
                ("name", name),
                ("slot", slotName),
                ("system", server.SystemIdentifier),
                ("timeline", server.Timeline));
            return true;
        });
    }

    /// <summary>The record of this pipeline, or null.</summary>
    public PipelineRecord? Read()
    {
        if (!IsKept)
        {
            return null;
        }

        using var connection = database.Open();
        return database.Translated(() => !Exists(connection)
            ? null
            : connection.List(
                """
                SELECT slot_name, system_identifier, timeline, snapshot_lsn::text, extract(epoch FROM snapshot_completed_at)::float8,
                    pg_catalog.to_jsonb(p) ->> 'confirmed_lsn', coalesce((pg_catalog.to_jsonb(p) ->> 'gaps')::int, 0)
                FROM penstock.pipeline p WHERE name = @name
                """,
                r => new PipelineRecord(
                    name,
                    r.GetString(0),
                    r.GetString(1),
                    r.GetInt64(2),
                    Lsn.ValueOrZero(r.TextOrNull(3)),
                    r.IsDBNull(4) ? null : DateTimeOffset.UnixEpoch.AddSeconds(r.GetDouble(4)),
                    Lsn.ValueOrZero(r.TextOrNull(5)),
                    r.GetInt32(6)),
                ("name", name)).FirstOrDefault());
    }

    /// <summary>
    /// Records a complete snapshot. To be called after <see cref="Snapshot.SnapshotReader.Complete"/>: a kill between the two costs a second snapshot, never a change.
    /// </summary>
    /// <param name="slotName">The pipeline's slot.</param>
    /// <param name="server">Which server.</param>
    /// <param name="snapshotLsn">As of where the rows are.</param>
    /// <param name="hasSlot">False for a snapshot without a stream: then there is no slot that could be missed later.</param>
    public void WriteSnapshotComplete(string slotName, ServerIdentity server, ulong snapshotLsn, bool hasSlot = true)
    {
        if (!IsKept)
        {
            return;
        }

        using var connection = database.Open();
        database.Translated(() =>
        {
            connection.Execute(
                """
                INSERT INTO penstock.pipeline AS p (name, slot_name, system_identifier, timeline, snapshot_lsn, snapshot_completed_at, confirmed_lsn)
                VALUES (@name, @slot, @system, @timeline, CAST(@lsn AS pg_lsn), pg_catalog.now(), CASE WHEN @slotted THEN CAST(@lsn AS pg_lsn) END)
                ON CONFLICT (name) DO UPDATE SET slot_name = excluded.slot_name, system_identifier = excluded.system_identifier, timeline = excluded.timeline,
                    snapshot_lsn = excluded.snapshot_lsn, snapshot_completed_at = excluded.snapshot_completed_at,
                    confirmed_lsn = excluded.confirmed_lsn, updated_at = pg_catalog.now()
                """,
                ("name", name),
                ("slot", slotName),
                ("system", server.SystemIdentifier),
                ("timeline", server.Timeline),
                ("slotted", hasSlot),
                ("lsn", new Lsn(snapshotLsn).ToString()));
            return true;
        });
    }

    /// <summary>Records that this pipeline goes on with a slot that another tool has read, whose snapshot is this one's: there is no position of it here.</summary>
    /// <param name="slotName">The slot.</param>
    /// <param name="server">Which server.</param>
    /// <param name="confirmedLsn">Where the slot stands: one that stands beyond it later was moved by the other tool.</param>
    public void WriteTakenOver(string slotName, ServerIdentity server, ulong confirmedLsn)
    {
        using var connection = database.Open();
        database.Translated(() =>
        {
            connection.Execute(
                """
                INSERT INTO penstock.pipeline AS p (name, slot_name, system_identifier, timeline, snapshot_completed_at, confirmed_lsn)
                VALUES (@name, @slot, @system, @timeline, pg_catalog.now(), CAST(@lsn AS pg_lsn))
                ON CONFLICT (name) DO UPDATE SET slot_name = excluded.slot_name, system_identifier = excluded.system_identifier, timeline = excluded.timeline,
                    snapshot_lsn = NULL, snapshot_completed_at = excluded.snapshot_completed_at, confirmed_lsn = excluded.confirmed_lsn, updated_at = pg_catalog.now()
                """,
                ("name", name),
                ("slot", slotName),
                ("system", server.SystemIdentifier),
                ("timeline", server.Timeline),
                ("lsn", new Lsn(confirmedLsn).ToString()));
            return true;
        });
    }

    /// <summary>
    /// Records how far the slot is about to be told, before it is told. On this server alone: a synchronous standby that is away must not hold up the confirmation.
    /// </summary>
    public void WriteConfirmed(string slotName, ServerIdentity server, ulong confirmedLsn)
    {
        if (!IsKept)
        {
            return;
        }

        using var connection = database.Open();
        database.Translated(() =>
        {
            connection.Execute(
                """
                SELECT pg_catalog.set_config('synchronous_commit', 'local', true);
                INSERT INTO penstock.pipeline AS p (name, slot_name, system_identifier, timeline, confirmed_lsn)
                VALUES (@name, @slot, @system, @timeline, CAST(@lsn AS pg_lsn))
                ON CONFLICT (name) DO UPDATE SET slot_name = excluded.slot_name, system_identifier = excluded.system_identifier, timeline = excluded.timeline,
                    confirmed_lsn = excluded.confirmed_lsn, updated_at = pg_catalog.now()
                """,
                ("name", name),
                ("slot", slotName),
                ("system", server.SystemIdentifier),
                ("timeline", server.Timeline),
                ("lsn", new Lsn(confirmedLsn).ToString()));
            return true;
        });
    }

    /// <summary>Remembers how many partitions topics have; those not named stay.</summary>
    /// <returns>What was remembered of these topics before; empty if nothing was, or nothing is kept.</returns>
    public IReadOnlyDictionary<string, int> ExchangePartitions(IReadOnlyDictionary<string, int> partitions)
    {
        if (!IsKept || partitions.Count == 0)
        {
            return new Dictionary<string, int>();
        }

        using var connection = database.Open();
        return database.Translated(() =>
        {
            var before = connection.List(
                "SELECT t.key, t.value::int FROM penstock.pipeline p, pg_catalog.jsonb_each_text(p.partitions) AS t WHERE p.name = @name", r => (Topic: r.GetString(0), Count: r.GetInt32(1)), ("name", name))
                .ToDictionary(topic => topic.Topic, topic => topic.Count, StringComparer.Ordinal);
            if (partitions.Any(topic => !before.TryGetValue(topic.Key, out int count) || count != topic.Value))
            {
                connection.Execute(
                    """
                    UPDATE penstock.pipeline SET partitions = coalesce(partitions, '{}') || (SELECT pg_catalog.jsonb_object_agg(t, c) FROM unnest(@topics, @counts) AS u (t, c)) WHERE name = @name
                    """,
                    ("name", name),
                    ("topics", partitions.Keys.ToArray()),
                    ("counts", partitions.Values.ToArray()));
            }

            return before;
        });
    }

    /// <summary>Counts a gap that the pipeline goes on after, and keeps its description.</summary>
    public void WriteGap(string description)
    {
        if (!IsKept)
        {
            return;
        }

        using var connection = database.Open();
        database.Translated(() =>
        {
            connection.Execute(
                "UPDATE penstock.pipeline SET gaps = gaps + 1, last_gap = @gap, updated_at = pg_catalog.now() WHERE name = @name", ("gap", description), ("name", name));
            return true;
        });
    }

    /// <summary>Forgets this pipeline.</summary>
    public void Delete()
    {
        if (!IsKept)
        {
            return;
        }

        using var connection = database.Open();
        database.Translated(() =>
        {
            if (Exists(connection))
            {
                connection.Execute("DELETE FROM penstock.pipeline WHERE name = @name", ("name", name));
            }

            foreach (string table in (string[])["penstock.incremental_snapshot", "penstock.skipped_events"])
            {
                if (connection.True($"SELECT pg_catalog.to_regclass('{table}') IS NOT NULL"))
                {
                    connection.Execute($"DELETE FROM {table} WHERE name = @name", ("name", name));
                }
            }

            return true;
        });
    }

    /// <summary>Drops the slot on purpose, and notes why. What follows is missing for good.</summary>
    /// <param name="slotName">The slot.</param>
    /// <param name="gap">Why, in words.</param>
    /// <param name="onlyWhilePaused">Only if the pause is asked for still.</param>
    /// <returns>False if nothing was done: the pause was over already, or there is no record to note the gap in.</returns>
    /// <exception cref="DatabaseException"><see cref="FailureClass.SlotActive"/>: somebody reads it at this moment.</exception>
    public bool DropSlot(string slotName, string gap, bool onlyWhilePaused)
    {
        using var connection = database.Open();
        return database.Translated(() =>
        {
            using var transaction = connection.BeginTransaction();
            // The row is locked first: a resume of this moment comes before, and keeps the slot, or after, and finds it gone.
            bool isNoted = connection.List(
                "UPDATE penstock.pipeline SET last_gap = @gap, updated_at = pg_catalog.now() WHERE name = @name AND (NOT @paused OR paused_at IS NOT NULL) RETURNING 1",
                _ => 1,
                ("name", name),
                ("gap", gap),
                ("paused", onlyWhilePaused)).Count > 0;
            if (isNoted)
            {
                ReplicationSlots.Drop(connection, slotName);
            }

            transaction.Commit();
            return isNoted;
        });
    }

    // The table of an earlier version. Looked at first: ALTER TABLE waits for everybody who uses it, even where it has nothing to do.
    private static void AddNewColumns(NpgsqlConnection connection)
    {
        string names = string.Join(", ", LaterColumns.Select(column => SqlName.Literal(column.Name)));
        if (!connection.True($"SELECT count(*) = {LaterColumns.Length} FROM pg_catalog.pg_attribute WHERE attrelid = 'penstock.pipeline'::regclass AND attname IN ({names})"))
        {
            connection.Execute(AddLaterColumnsSql);
        }
    }

    private static bool Exists(NpgsqlConnection connection) => connection.True("SELECT pg_catalog.to_regclass('penstock.pipeline') IS NOT NULL");
}

/// <summary>Which server this is: after a restore or a fail-over, saved positions mean nothing.</summary>
/// <param name="SystemIdentifier">The cluster's 64-bit number, as text.</param>
/// <param name="Timeline">Its timeline.</param>
public sealed record ServerIdentity(string SystemIdentifier, long Timeline)
{
    /// <summary>Asks by IDENTIFY_SYSTEM, which needs the REPLICATION right only.</summary>
    public static ServerIdentity Read(SourceDatabase database)
    {
        var connection = database.OpenReplication();
        try
        {
            return database.Translated(() =>
            {
                // The driver's limit begins anew with each read. On a thread of the pool: while a server sends without end the call does not even return its task.
                var limit = TimeSpan.FromSeconds(database.Url.CommandTimeoutSeconds * SqlReading.LimitsOfAStatement);
                var identity = Task.Run(() => connection.IdentifySystem()).WaitAsync(limit).GetAwaiter().GetResult();
                return new ServerIdentity(identity.SystemId, identity.Timeline);
            });
        }
        finally
        {
            // It may still wait for the answer.
            ConnectionEnd.CloseInTime(connection, database.Url);
        }
    }
}
