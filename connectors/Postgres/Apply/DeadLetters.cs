using Npgsql;
using NpgsqlTypes;

namespace Penstock.Postgres.Apply;

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
}
