using Npgsql;

namespace Penstock.Postgres.Apply;

/// <summary>Compares tables of the target with what events want, and makes what is missing. Never changes or drops what is there.</summary>
public static class TableEvolution
{
    private const string FoundSql = "SELECT to_regclass($1) IS NOT NULL, $2 = '' OR to_regnamespace(quote_ident($2)) IS NOT NULL";

    // All columns: generated ones too, which nobody writes but which are there.
    private const string ColumnsSql = "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";

    /// <summary>One at a time: two processes that meet the same new column would both add it. A table that is in use is waited for no longer than this, and tried again by the next run.</summary>
    private const string BeginSql = "BEGIN; SET LOCAL lock_timeout = '10s'; SELECT pg_advisory_xact_lock(7041778)";

    /// <summary>What must be run so that the table has every wanted column; empty if it has.</summary>
    public static IReadOnlyList<string> Missing(NpgsqlConnection connection, WantedTable wanted)
    {
        bool isThere, hasSchema;
        using (var look = Command(connection, FoundSql, TableDdl.Named(wanted), wanted.Schema))
        using (var reader = look.ExecuteReader())
        {
            reader.Read();
            (isThere, hasSchema) = (reader.GetBoolean(0), reader.GetBoolean(1));
        }

        if (!isThere)
        {
            string create = TableDdl.Create(wanted with { Columns = [.. wanted.Columns.Select(column => OfTarget(connection, column))] });
            return hasSchema ? [create] : [TableDdl.CreateSchema(wanted.Schema), create];
        }

        var there = new HashSet<string>();
        using (var look = Command(connection, ColumnsSql, TableDdl.Named(wanted)))
        using (var reader = look.ExecuteReader())
        {
            while (reader.Read())
            {
                there.Add(reader.GetString(0));
            }
        }

        WantedColumn[] missing = [.. wanted.Columns.Where(column => !there.Contains(column.Name))];
        return missing.Length == 0 ? [] : [TableDdl.Add(wanted, missing.Select(column => OfTarget(connection, column)))];
    }

    /// <summary>Makes what is missing, in one transaction; what another process makes at the same moment is waited for and not made again.</summary>
    /// <param name="connection">Outside of a transaction.</param>
    /// <param name="wanted">The table.</param>
    /// <param name="announce">Told each statement before it runs.</param>
    /// <returns>Something was made.</returns>
    public static bool Make(NpgsqlConnection connection, WantedTable wanted, Action<string> announce)
    {
        // Almost always nothing is: that needs no lock.
        if (Missing(connection, wanted).Count == 0)
        {
            return false;
        }

        // Who makes it by hand does not take the lock: then the second look finds it.
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                Run(connection, BeginSql);
                var statements = Missing(connection, wanted);
                foreach (string statement in statements)
                {
                    announce(statement);
                    Run(connection, statement);
                }

                Run(connection, "COMMIT");
                return statements.Count > 0;
            }
            catch (PostgresException refusal)
            {
                Run(connection, "ROLLBACK");
                if (attempt > 0 || refusal.SqlState is not ("42P07" or "42701" or "42P06" or "42710" or "23505"))
                {
                    throw;
                }
            }
        }
    }

    private static WantedColumn OfTarget(NpgsqlConnection connection, WantedColumn column)
    {
        if (column.OtherType.Length == 0)
        {
            return column;
        }

        using var look = Command(connection, "SELECT to_regtype($1) IS NOT NULL", column.Type);
        return look.ExecuteScalar() is true ? column : column with { Type = column.OtherType };
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params string[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (string parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        return command;
    }

    private static void Run(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
