using Npgsql;

namespace Penstock.Postgres.Connection;

/// <summary>Short forms of the driver's calls for statements of the control plane.</summary>
internal static class SqlReading
{
    /// <summary>How long a server may take for a statement that has nothing to wait for, on connections that have no limit of their own because others of their statements take hours.</summary>
    public const int ShortStatementSeconds = 60;

    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }

    public static void Execute(this NpgsqlConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = connection.Command(sql, parameters);
        command.ExecuteNonQuery();
    }

    /// <summary>The same with a limit, for connections without one.</summary>
    public static void ExecuteWithin(this NpgsqlConnection connection, int limitSeconds, string sql)
    {
        using var command = connection.Command(sql);
        command.CommandTimeout = limitSeconds;
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row as text, null for NULL or no row.</summary>
    public static string? Text(this NpgsqlConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = connection.Command(sql, parameters);
        return command.ExecuteScalar() as string;
    }

    public static bool True(this NpgsqlConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = connection.Command(sql, parameters);
        return command.ExecuteScalar() is true;
    }

    public static List<T> List<T>(this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> row, params (string Name, object Value)[] parameters)
    {
        using var command = connection.Command(sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(row(reader));
        }

        return rows;
    }

    public static string? TextOrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
