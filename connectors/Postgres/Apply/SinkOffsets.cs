using Npgsql;
using NpgsqlTypes;

namespace Penstock.Postgres.Apply;

/// <summary>What the offsets of a group say of its transactions.</summary>
public enum TransactionStart
{
    /// <summary>Nothing was applied yet.</summary>
    Fresh,

    /// <summary>Whole transactions were applied.</summary>
    Known,

    /// <summary>Something was applied table by table since the last whole transaction.</summary>
    InTables,
}

/// <summary>
/// <c>penstock.sink_offsets</c> in the target: how far each partition is applied, and who may apply it. Rows and offsets are committed by one transaction.
/// </summary>
public sealed class SinkOffsets(string group)
{
    private const string CreateSql = """
        CREATE SCHEMA IF NOT EXISTS penstock;
        CREATE TABLE IF NOT EXISTS penstock.sink_offsets (
          group_name text NOT NULL, topic text NOT NULL, partition integer NOT NULL, next_offset bigint NOT NULL, epoch bigint NOT NULL, owner text NOT NULL,
          source_commit_lsn bigint NOT NULL DEFAULT 0, source_lsn bigint NOT NULL DEFAULT 0, source_ms bigint NOT NULL DEFAULT 0,
          source_ordinal bigint NOT NULL DEFAULT -1, applied_offset bigint NOT NULL DEFAULT 0,
          updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (group_name, topic, partition));
        """;

    // The row's lock makes this wait for a commit of the former owner that is under way; any later one finds another epoch.
    private const string TakeSql = """
        INSERT INTO penstock.sink_offsets AS o (group_name, topic, partition, next_offset, epoch, owner)
        SELECT $1, t, p, -1, 1, $4 FROM unnest($2::text[], $3::int[]) AS w(t, p) ORDER BY t, p
        ON CONFLICT (group_name, topic, partition) DO UPDATE SET epoch = o.epoch + 1, owner = EXCLUDED.owner, updated_at = now()
        RETURNING topic, partition, next_offset, epoch, source_commit_lsn, source_lsn, source_ms, source_ordinal, applied_offset
        """;

    private const string StoreSql = """
        UPDATE penstock.sink_offsets AS o SET next_offset = w.n, source_commit_lsn = w.c, source_lsn = w.l, source_ms = w.m, source_ordinal = w.r, applied_offset = w.a, updated_at = now()
        FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[]) AS w(t, p, e, n, c, l, m, r, a)
        WHERE o.group_name = $1 AND o.topic = w.t AND o.partition = w.p AND o.epoch = w.e
        """;

    /// <summary>Makes the table where it is missing.</summary>
    public static void Create(NpgsqlConnection connection)
    {
        // Two processes that start together would both create it: "if not exists" alone does not serialise them.
        using var command = new NpgsqlCommand(
            "SELECT to_regclass('penstock.sink_offsets') IS NOT NULL", connection);
        if (command.ExecuteScalar() is true)
        {
            return;
        }

        using var create = new NpgsqlCommand($"BEGIN; SELECT pg_advisory_xact_lock(7041776); {CreateSql} COMMIT;", connection);
        create.ExecuteNonQuery();
    }

    /// <summary>Takes partitions over from whoever had them.</summary>
    /// <param name="connection">To the target.</param>
    /// <param name="partitions">Which.</param>
    /// <param name="owner">Who takes them, for people.</param>
    public List<PartitionPosition> Take(NpgsqlConnection connection, IReadOnlyList<(string Topic, int Partition)> partitions, string owner)
    {
        using var command = new NpgsqlCommand(TakeSql, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = group });
        command.Parameters.Add(new NpgsqlParameter { Value = partitions.Select(p => p.Topic).ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = partitions.Select(p => p.Partition).ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = owner });
        using var reader = command.ExecuteReader();
        var taken = new List<PartitionPosition>();
        while (reader.Read())
        {
            taken.Add(new PartitionPosition
            {
                Topic = reader.GetString(0),
                Partition = reader.GetInt32(1),
                NextOffset = reader.GetInt64(2),
                Epoch = reader.GetInt64(3),
                Applied = new SourcePosition(reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7)),
                AppliedOffset = reader.GetInt64(8),
            });
        }

        return taken;
    }

    /// <summary>What the table says of the group's partitions, with what was put aside of each; empty where there is no table.</summary>
    public List<PartitionStatus> List(NpgsqlConnection connection)
    {
        using (var look = new NpgsqlCommand("SELECT to_regclass('penstock.sink_offsets') IS NOT NULL", connection))
        {
            if (look.ExecuteScalar() is not true)
            {
                return [];
            }
        }

        var letters = DeadLetters.Count(connection, group);
        using var command = new NpgsqlCommand("SELECT topic, partition, next_offset, epoch, owner, updated_at FROM penstock.sink_offsets WHERE group_name = $1 ORDER BY 1, 2", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = group });
        using var reader = command.ExecuteReader();
        var list = new List<PartitionStatus>();
        while (reader.Read())
        {
            var (all, parked) = letters.GetValueOrDefault((reader.GetString(0), reader.GetInt32(1)));
            list.Add(new PartitionStatus(reader.GetString(0), reader.GetInt32(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetString(4), reader.GetDateTime(5), all, parked));
        }

        return list;
    }

    /// <summary>Looks whether transactions of the source can be gone on with where the offsets stand.</summary>
    /// <param name="connection">To the target.</param>
    /// <param name="position">The partition of the transaction topic, as it was taken.</param>
    public TransactionStart StartOf(NpgsqlConnection connection, PartitionPosition position)
    {
        using var command = new NpgsqlCommand(
            """
            SELECT count(*) FILTER (WHERE next_offset > 0), count(*) FILTER (WHERE source_commit_lsn >= $3 AND source_ms >= $4)
            FROM penstock.sink_offsets WHERE group_name = $1 AND topic <> $2
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter { Value = group });
        command.Parameters.Add(new NpgsqlParameter { Value = position.Topic });
        command.Parameters.Add(new NpgsqlParameter { Value = position.Applied.Lsn });
        command.Parameters.Add(new NpgsqlParameter { Value = position.Applied.TimeMs });
        using var row = command.ExecuteReader();
        row.Read();
        // An event's last commit lies before its own transaction's end, which is applied with it: one at or behind the last end was applied without.
        bool hasOthers = row.GetInt64(0) > 0, isAhead = position.Applied.Lsn > 0 && row.GetInt64(1) > 0;
        return position.NextOffset >= 0 && !isAhead ? TransactionStart.Known : hasOthers ? TransactionStart.InTables : TransactionStart.Fresh;
    }

    /// <summary>Says from where a partition is read of which nothing was applied.</summary>
    /// <returns>False if it has another owner by now.</returns>
    public bool TryBegin(NpgsqlConnection connection, PartitionPosition position, long offset)
    {
        using var command = new NpgsqlCommand("UPDATE penstock.sink_offsets SET next_offset = $5, applied_offset = $5 WHERE group_name = $1 AND topic = $2 AND partition = $3 AND epoch = $4", connection);
        foreach (object parameter in new object[] { group, position.Topic, position.Partition, position.Epoch, offset })
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        return command.ExecuteNonQuery() == 1;
    }

    /// <summary>Stores positions inside the transaction that applies the rows.</summary>
    /// <returns>False if a partition has another owner by now: the transaction must be rolled back.</returns>
    public bool TryStore(NpgsqlConnection connection, IReadOnlyList<PartitionEnd> ends)
    {
        if (ends.Count == 0)
        {
            return true;
        }

        using var command = new NpgsqlCommand(StoreSql, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = group });
        command.Parameters.Add(new NpgsqlParameter { Value = ends.Select(e => e.Partition.Topic).ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = ends.Select(e => e.Partition.Partition).ToArray() });
        AddLongs(command, ends.Select(e => e.Partition.Epoch));
        AddLongs(command, ends.Select(e => e.NextOffset));
        AddLongs(command, ends.Select(e => e.Applied.CommitLsn));
        AddLongs(command, ends.Select(e => e.Applied.Lsn));
        AddLongs(command, ends.Select(e => e.Applied.TimeMs));
        AddLongs(command, ends.Select(e => e.Applied.Ordinal));
        AddLongs(command, ends.Select(e => Math.Max(e.NextOffset, e.Partition.AppliedOffset)));
        return command.ExecuteNonQuery() == ends.Count;
    }

    /// <summary>Marks the partitions that have another owner as revoked.</summary>
    public void RevokeLost(NpgsqlConnection connection, IReadOnlyList<PartitionEnd> ends)
    {
        foreach (var end in ends)
        {
            using var command = new NpgsqlCommand("SELECT epoch FROM penstock.sink_offsets WHERE group_name = $1 AND topic = $2 AND partition = $3", connection);
            command.Parameters.Add(new NpgsqlParameter { Value = group });
            command.Parameters.Add(new NpgsqlParameter { Value = end.Partition.Topic });
            command.Parameters.Add(new NpgsqlParameter { Value = end.Partition.Partition });
            if (command.ExecuteScalar() is not long epoch || epoch != end.Partition.Epoch)
            {
                end.Partition.Revoke();
            }
        }
    }

    private static void AddLongs(NpgsqlCommand command, IEnumerable<long> values) =>
        command.Parameters.Add(new NpgsqlParameter { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
}
