using Npgsql;
using NpgsqlTypes;

namespace Penstock.Postgres.Apply;

/// <summary>A record that was put aside, as it came.</summary>
public sealed record DeadLetter(string Topic, int Partition, long Offset, byte[]? Key, byte[]? Value);

/// <summary><c>penstock.dead_letters</c>: records that could not be applied, as they came, with place and reason.</summary>
public static class DeadLetters
{
    private const string CreateSql = """
        CREATE SCHEMA IF NOT EXISTS penstock;
        CREATE TABLE IF NOT EXISTS penstock.dead_letters (
          group_name text NOT NULL, topic text NOT NULL, partition integer NOT NULL, record_offset bigint NOT NULL, key bytea, value bytea, headers bytea,
          reason text NOT NULL, sql_state text NOT NULL, put_aside_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (group_name, topic, partition, record_offset));
        """;

    /// <summary>Makes the table where it is missing.</summary>
    public static void Create(NpgsqlConnection connection)
    {
        using var look = new NpgsqlCommand("SELECT to_regclass('penstock.dead_letters') IS NOT NULL", connection);
        if (look.ExecuteScalar() is not true)
        {
            using var create = new NpgsqlCommand($"BEGIN; SELECT pg_advisory_xact_lock(7041776); {CreateSql} COMMIT;", connection);
            create.ExecuteNonQuery();
        }
    }

    /// <summary>Adds one, inside the transaction that passes the record by.</summary>
    public static void Add(NpgsqlConnection connection, string group, PartitionPosition partition, long offset, byte[]? key, byte[]? value, byte[]? headers, string reason, string sqlState)
    {
        using var command = new NpgsqlCommand(
            "INSERT INTO penstock.dead_letters (group_name, topic, partition, record_offset, key, value, headers, reason, sql_state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
            connection);
        foreach (object parameter in new object[] { group, partition.Topic, partition.Partition, offset })
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        foreach (byte[]? bytes in new[] { key, value, headers })
        {
            command.Parameters.Add(new NpgsqlParameter { Value = bytes ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });
        }

        command.Parameters.Add(new NpgsqlParameter { Value = reason });
        command.Parameters.Add(new NpgsqlParameter { Value = sqlState });
        command.ExecuteNonQuery();
    }

    /// <summary>Why a row is parked: its event leaves out values, and it is not in the table.</summary>
    internal const string MissingRow = "the event leaves out values of the row (they were too large to be logged), and the row is not in the table";

    /// <summary>How many letters of a group there are for each partition, and how many of them are parked rows. Empty where there is no table.</summary>
    public static Dictionary<(string Topic, int Partition), (long All, long Parked)> Count(NpgsqlConnection connection, string group)
    {
        var counts = new Dictionary<(string, int), (long, long)>();
        using var look = new NpgsqlCommand("SELECT to_regclass('penstock.dead_letters') IS NOT NULL", connection);
        if (look.ExecuteScalar() is not true)
        {
            return counts;
        }

        using var command = new NpgsqlCommand("SELECT topic, partition, count(*), count(*) FILTER (WHERE reason = $2) FROM penstock.dead_letters WHERE group_name = $1 GROUP BY 1, 2", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = group });
        command.Parameters.Add(new NpgsqlParameter { Value = MissingRow });
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            counts[(reader.GetString(0), reader.GetInt32(1))] = (reader.GetInt64(2), reader.GetInt64(3));
        }

        return counts;
    }

    /// <summary>Where the letters of a group come from, in the order of their topics. None where there is no table.</summary>
    public static List<(string Topic, int Partition, long Offset)> List(NpgsqlConnection connection, string group)
    {
        var letters = new List<(string, int, long)>();
        using var look = new NpgsqlCommand("SELECT to_regclass('penstock.dead_letters') IS NOT NULL", connection);
        if (look.ExecuteScalar() is not true)
        {
            return letters;
        }

        using var command = new NpgsqlCommand("SELECT topic, partition, record_offset FROM penstock.dead_letters WHERE group_name = $1 ORDER BY 1, 2, 3", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = group });
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            letters.Add((reader.GetString(0), reader.GetInt32(1), reader.GetInt64(2)));
        }

        return letters;
    }

    /// <summary>A letter as it came; null if it is gone.</summary>
    public static DeadLetter? Read(NpgsqlConnection connection, string group, (string Topic, int Partition, long Offset) place)
    {
        using var command = Of(connection, "SELECT key, value FROM penstock.dead_letters", group, place);
        using var reader = command.ExecuteReader();
        return reader.Read()
            ? new DeadLetter(place.Topic, place.Partition, place.Offset, reader.IsDBNull(0) ? null : reader.GetFieldValue<byte[]>(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<byte[]>(1))
            : null;
    }

    /// <summary>Takes a letter off the list, inside the transaction that applies it.</summary>
    public static void Remove(NpgsqlConnection connection, string group, (string Topic, int Partition, long Offset) place)
    {
        using var command = Of(connection, "DELETE FROM penstock.dead_letters", group, place);
        command.ExecuteNonQuery();
    }

    private static NpgsqlCommand Of(NpgsqlConnection connection, string statement, string group, (string Topic, int Partition, long Offset) place)
    {
        var command = new NpgsqlCommand($"{statement} WHERE group_name = $1 AND topic = $2 AND partition = $3 AND record_offset = $4", connection);
        foreach (object parameter in new object[] { group, place.Topic, place.Partition, place.Offset })
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        return command;
    }
}
