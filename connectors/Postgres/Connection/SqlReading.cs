using Npgsql;

namespace Penstock.Postgres.Connection;

/// <summary>Short forms of the driver's calls for statements of the control plane.</summary>
internal static class SqlReading
{
    /// <summary>
    /// The driver's limit begins anew with each read, so a server that sends notices or rows without end would hold a statement for ever: a whole statement may take this many times the limit.
    /// Where a connection has no limit, because a statement of it waits for others, this one is not kept either.
    /// </summary>
    public const int LimitsOfAStatement = 2;

    /// <summary>No catalogue has as many rows of anything; a server that sends more sends rows without end.</summary>
    public const int MostRows = 500_000;

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
        InTime(command, command.ExecuteNonQueryAsync);
    }

    /// <summary>The same with a limit, for connections that have none because others of their statements take hours.</summary>
    public static void ExecuteWithin(this NpgsqlConnection connection, int limitSeconds, string sql)
    {
        using var command = connection.Command(sql);
        command.CommandTimeout = limitSeconds;
        InTime(command, command.ExecuteNonQueryAsync);
    }

    /// <summary>The first column of the first row as text, null for NULL or no row.</summary>
    public static string? Text(this NpgsqlConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = connection.Command(sql, parameters);
        return InTime(command, command.ExecuteScalarAsync) as string;
    }

    public static bool True(this NpgsqlConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = connection.Command(sql, parameters);
        return InTime(command, command.ExecuteScalarAsync) is true;
    }

    /// <summary>The same with a limit, for connections without one.</summary>
    public static bool TrueWithin(this NpgsqlConnection connection, int limitSeconds, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = connection.Command(sql, parameters);
        command.CommandTimeout = limitSeconds;
        return InTime(command, command.ExecuteScalarAsync) is true;
    }

    /// <summary>All rows.</summary>
    /// <exception cref="NpgsqlException">There are more than <see cref="MostRows"/>.</exception>
    public static List<T> List<T>(this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> row, params (string Name, object Value)[] parameters)
    {
        using var command = connection.Command(sql, parameters);
        return InTime(command, stop => ReadAsync(command, row, stop));
    }

    /// <summary>The same with a limit, for connections without one.</summary>
    public static List<T> ListWithin<T>(this NpgsqlConnection connection, int limitSeconds, string sql, Func<NpgsqlDataReader, T> row)
    {
        using var command = connection.Command(sql);
        command.CommandTimeout = limitSeconds;
        return InTime(command, stop => ReadAsync(command, row, stop));
    }

    public static string? TextOrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static async Task<List<T>> ReadAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> row, CancellationToken stop)
    {
        // Closing a reader reads to the end of its rows: when there is none, the connection has to be broken before.
        using var endless = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var reader = await command.ExecuteReaderAsync(endless.Token).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var rows = new List<T>();
            while (await reader.ReadAsync(endless.Token).ConfigureAwait(false))
            {
                if (rows.Count == MostRows)
                {
                    rows.Clear();
                    await BreakAsync(reader, endless).ConfigureAwait(false);
                    throw new NpgsqlException($"it sends rows without end ({MostRows} so far)");
                }

                rows.Add(row(reader));
            }

            return rows;
        }
    }

    private static async Task BreakAsync(NpgsqlDataReader reader, CancellationTokenSource stop)
    {
        await stop.CancelAsync().ConfigureAwait(false);
        try
        {
            while (await reader.ReadAsync(stop.Token).ConfigureAwait(false))
            {
                // What is in the driver's buffer; it is the next read of the connection that ends it.
                continue;
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or NpgsqlException)
        {
            return;
        }
    }

    private static T InTime<T>(NpgsqlCommand command, Func<CancellationToken, Task<T>> work)
    {
        using var limit = new CancellationTokenSource();
        if (command.CommandTimeout > 0)
        {
            limit.CancelAfter(TimeSpan.FromSeconds(command.CommandTimeout * LimitsOfAStatement));
        }

        try
        {
            return work(limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException late) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException(late.Message, late);
        }
    }
}
